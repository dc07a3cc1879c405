#pragma once

#include <utility>

#include "unroll/ad/decompositions.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/make_problem.hpp"

namespace unroll {

/// min_x ½ xᵀH x + gᵀx subject to lower ≤ A x ≤ upper, at one θ, over arrays V. A row of A with lower = upper
/// is an equality; bounds may be infinite.
template <class V>
struct ProgramAt {
  matrix_t<V> H;   // n×n, symmetric, positive semidefinite
  V g;             // n
  matrix_t<V> A;   // m×n
  V lower, upper;  // m
};

namespace detail {
/// (H + Hᵀ)/2, which is H at θ, and its derivative whichever triangle that is given in.
template <class M>
M symmetric(const M& H) {
  return M(0.5 * (H + transpose(H)));
}
/// @throws ShapeError naming what has which sizes, DomainError unless H is finite and symmetric, its
/// eigenvalues are not negative (looked at for n ≤ 300), and lower ≤ upper.
void check_program(const ProgramAt<Vector>& program, Index n, Index m);

template <class F>
struct ProgramObjective {
  F program;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const ProgramAt<V> at = program(theta);
    return 0.5 * quadratic_form(at.H, x) + dot(at.g, x);
  }
};
}  // namespace detail

/// A quadratic program whose every part may depend on θ: `program(theta)` gives a ProgramAt<V>. As a Problem
/// it is its objective; the constraints are the solver's, Admm.
template <class F>
class QuadraticProgram final : public TemplateProblem<detail::ProgramObjective<F>> {
 public:
  /// n variables, m constraints, p parameters. @throws ShapeError unless n ≥ 1, m ≥ 0 and p ≥ 0.
  QuadraticProgram(F program, Index n, Index m, Index p)
      : TemplateProblem<detail::ProgramObjective<F>>({std::move(program)}, n, p), m_(m) {
    check_dimensions(1, m, "make_quadratic_program");
  }

  Index constraints() const { return m_; }  // m
  /// What the user wrote.
  const F& program() const { return this->function().program; }
  /// The program at θ. @throws ShapeError, DomainError for sizes, an H that is not positive semidefinite, and
  /// bounds that cross.
  ProgramAt<Vector> at(const Vector& theta) const {
    check_sizes(*this, this->dimension(), theta.size(), "quadratic program");
    ProgramAt<Vector> at = program()(theta);
    detail::check_program(at, this->dimension(), m_);
    return at;
  }

 private:
  Index m_;
};

template <class F>
QuadraticProgram<F> make_quadratic_program(F program, Index n, Index m, Index p) {
  return QuadraticProgram<F>(std::move(program), n, m, p);
}

}  // namespace unroll
