#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/derivative/solution.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/nonlinear_program.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {

namespace detail {
/// @throws NumericalError: what ended an inner run.
[[noreturn]] void throw_inner_run(double penalty, const NumericalError& reason);
}  // namespace detail

/// The method of multipliers for a NonlinearProgram (Hestenes 1969; Powell 1969; Rockafellar 1973 for
/// inequalities), with L the AugmentedObjective and v = c(x_{t+1}, θ) + λ_t/ρ:
///   x_{t+1} = argmin_x L(x; θ, λ_t),  λ_{t+1} = ρ (v − Π(v)),
/// the minimum by `inner` from x_t, and by Newton's method to the last digits. At the end ∇f + ∂cᵀλ = 0, and
/// λ_i is positive at an upper bound, negative at a lower one. It converges where ρ is more than twice what
/// makes L strictly convex near the solution (Bertsekas 1982, section 2.2), by a factor that falls with 1/ρ
/// in each step; where f and the feasible set are convex, for every ρ.
///
/// Each minimum is a `solution`, differentiated by Implicit{} whatever differentiates the outer run: H_L must
/// be positive definite there. The fixed point of the whole state (x, λ) is differentiated by Implicit{}:
/// with the constraints that are active it is the derivative of the solution, where each has λ_i ≠ 0, and
/// their gradients are independent: else the multipliers are not determined, and the solve says so. What
/// the inner runs ask for is not counted in the outer run's cost. A program that has no feasible point never
/// converges: λ grows, by ρ times what is violated.
/// @throws NumericalError if an inner run does not meet its tolerance, or H_L is not positive definite where
/// it ends: a larger ρ may help.
template <class F, class C, class Inner = Lbfgs>
struct AugmentedLagrangian {
  static constexpr Equation equation = Equation::fixed_point;  // see equation.hpp

  TemplateProblem<AugmentedObjective<F, C>> lagrangian;  // L
  Index constraints;                                     // m
  Inner inner;
  SolveOptions inner_options{.steps = 2000, .tolerance = 1e-7};
  Newton last_digits{.halvings = 20};  // with conjugate gradients where n > 256

  /// Of a program, with the penalty ρ.
  explicit AugmentedLagrangian(const NonlinearProgram<F, C>& program, double penalty = 10, Inner by = {})
      : lagrangian(program.augmented(penalty)), constraints(program.constraints()), inner(std::move(by)) {
    constexpr Index dense_limit = 256;
    if (program.dimension() > dense_limit) last_digits.linear.solver = LinearSolver::conjugate_gradient;
  }

  /// @throws DomainError unless ρ is positive and finite.
  void check() const {
    const double penalty = lagrangian.function().penalty;
    last_digits.check();
    detail::check_option("augmented Lagrangian", "penalty", penalty, "positive and finite",
                         penalty > 0 && std::isfinite(penalty));
  }

  template <class V>
  struct State {
    V x;            // n
    V multipliers;  // m, λ
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector(Vector::Zero(constraints)))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const auto& L = lagrangian.function();
    const V parameters = V(concatenate(theta, s.multipliers));
    const V x = minimiser(value_of(s.x), parameters);
    const V v = detail::constraints_at(L.c, x, theta, constraints) + s.multipliers / L.penalty;
    return {x, V(L.penalty * L.outside(v))};
  }
  /// Whether the constraints hold to ten times the tolerance: by a small penalty multipliers, too, move
  /// little.
  template <class V>
  bool solves(const Oracle<V>&, const State<V>& s, const V& theta, double tolerance) const {
    const auto& L = lagrangian.function();
    const Vector c = detail::constraints_at(L.c, Vector(value_of(s.x)), Vector(value_of(theta)), constraints);
    return L.outside(c).stableNorm() <= 10 * tolerance * std::max(1.0, c.stableNorm());
  }

 private:
  /// argmin_x L, looked for from `start`.
  template <class V>
  V minimiser(const Vector& start, const V& parameters) const {
    try {
      const Vector near = solution(lagrangian, inner, start, value_of(parameters), inner_options);
      return solution(lagrangian, last_digits, near, parameters, {.steps = 30, .tolerance = 1e-12});
    } catch (const NumericalError& e) {
      detail::throw_inner_run(lagrangian.function().penalty, e);
    }
  }
};

}  // namespace unroll
