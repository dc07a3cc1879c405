#pragma once

#include <algorithm>

#include "unroll/ad/decompositions.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/ad/prox.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/problem/quadratic_program.hpp"
#include "unroll/solver/equation.hpp"

namespace unroll {

namespace detail {
/// ρ for each constraint, n entries: a thousand times `penalty` for equalities (Stellato et al. 2020, 5.2).
Vector row_penalties(const Vector& lower, const Vector& upper, double penalty);
void check_admm(double penalty, double regularisation, double relaxation);
/// What (x, z, y) leaves of the conditions of Karush, Kuhn and Tucker: the largest of what A x is outside the
/// bounds, of A x − z, and of H x + g + Aᵀy; and the largest terms in them, the multipliers' in units of H
/// and g.
struct ProgramResiduals {
  double primal, apart, dual;
  double primal_size, dual_size;
  bool are_within(double tolerance) const {
    return std::max(primal, apart) <= tolerance * primal_size && dual <= tolerance * dual_size;
  }
};
ProgramResiduals program_residuals(const ProgramAt<Vector>& q, const Vector& x, const Vector& z,
                                   const Vector& y);
}  // namespace detail

/// The alternating direction method of multipliers for a QuadraticProgram, in the splitting of OSQP
/// (Stellato, Banjac, Goulart, Bemporad & Boyd 2020). With K = H + σI + Aᵀ diag(ρ) A, factorised once for
/// each θ:
///   x̃ = K⁻¹ (σ x − g + Aᵀ(ρ∘z − y)),  x⁺ = α x̃ + (1 − α) x,  ẑ = α A x̃ + (1 − α) z,
///   z⁺ = Π(ẑ + y/ρ),  y⁺ = y + ρ∘(ẑ − z⁺),
/// Π the projection onto lower ≤ z ≤ upper. x_t need not be feasible, z_t is; y_t are the multipliers, at the
/// end H x + g + Aᵀy = 0. The derivative of Π is that of the piece: where every constraint that is active has
/// y_i ≠ 0, that of the steps, and of Implicit{}, tends to the derivative of the solution (Butler & Kwon
/// 2022).
template <class F>
struct Admm {
  static constexpr Equation equation = Equation::fixed_point;  // see equation.hpp
  F program;                                                   // θ ↦ ProgramAt
  Index constraints;                                           // m
  double penalty = 0.1;                                        // ρ > 0
  double regularisation = 1e-6;                                // σ > 0
  double relaxation = 1.6;                                     // 0 < α < 2

  /// Of a program. (Its parameters are constants with respect to θ.)
  explicit Admm(const QuadraticProgram<F>& qp, double rho = 0.1)
      : program(qp.program()), constraints(qp.constraints()), penalty(rho) {}

  template <class V>
  struct State {
    V x, z, y;  // n, m, m
  };
  template <class V>
  struct Prepared {
    matrix_t<V> factor, transposed, A, A_transposed;  // K = L Lᵀ, n×n; m×n, n×m
    V g, lower, upper;
    Vector rho, inverse;  // the penalties, m, and 1/ρ
  };

  /// Whether the conditions of Karush, Kuhn and Tucker hold to ten times the tolerance, relative to the
  /// largest terms in them: steps that are small beside x may be those of a penalty that is not the cost's.
  /// See solver.hpp.
  template <class V>
  bool solves(const Oracle<V>&, const State<V>& s, const V& theta, double tolerance) const {
    return detail::program_residuals(program(Vector(value_of(theta))), value_of(s.x), value_of(s.z),
                                     value_of(s.y))
        .are_within(10 * tolerance);
  }

  /// @throws DomainError unless ρ and σ are positive and finite, and 0 < α < 2.
  void check() const { detail::check_admm(penalty, regularisation, relaxation); }

  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector(Vector::Zero(constraints))), V(Vector(Vector::Zero(constraints)))};
  }

  template <class V>
  Prepared<V> prepare(const V& theta) const {
    const ProgramAt<V> at = program(theta);
    detail::check_program(
        {value_of(at.H), value_of(at.g), value_of(at.A), value_of(at.lower), value_of(at.upper)}, at.g.size(),
        constraints);
    const Vector rho = detail::row_penalties(value_of(at.lower), value_of(at.upper), penalty);
    const Index n = at.g.size();
    const matrix_t<V> transposed = transpose(at.A), weighted = scale_rows(rho, at.A);
    const matrix_t<V> K =
        detail::symmetric(at.H) + ad::scaled_identity(regularisation, n) + matrix_t<V>(transposed * weighted);
    const matrix_t<V> factor = cholesky_factor(K);
    return {factor, matrix_t<V>(transpose(factor)), at.A, transposed, at.g, at.lower, at.upper,
            rho,    unroll::reciprocal(rho)};
  }

  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index, const Prepared<V>& p) const {
    const double a = relaxation;
    const V pull = V(cwise_product(p.rho, s.z)) - s.y;
    const V right = V(regularisation * s.x - p.g) + V(p.A_transposed * pull);
    const V x = solve_upper(p.transposed, V(solve_lower(p.factor, right)));
    const V z = a * V(p.A * x) + (1 - a) * s.z;
    const V projected = box_projection(V(z + V(cwise_product(p.inverse, s.y))), p.lower, p.upper);
    return {V(a * x + (1 - a) * s.x), projected, V(s.y + V(cwise_product(p.rho, V(z - projected))))};
  }
};

}  // namespace unroll
