#pragma once

#include "unroll/derivative/jacobian.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {

/// Laplace's approximation of −log ∫ e^{−f(x, θ)} dx at the minimiser x*(θ), and its gradient.
struct Laplace {
  double value = 0;            // f(x*, θ) + ½ log det H(x*, θ) − n/2 · log 2π
  double log_determinant = 0;  // log det H, of it
  double gradient_norm = 0;    // ‖∇_x f‖: what follows supposes that it is 0
  Vector dtheta{};             // ∇_θ of the value, p, x* moving along
};

/// Tierney & Kadane, JASA 81 (1986); Skaug & Fournier, Comput. Stat. Data Anal. 51 (2006) differentiate it
/// so:
///   ∇_θ = ∂_θ f + ½ tr(H⁻¹∂_θH) − Mᵀ H⁻¹ ½ tr(H⁻¹∂_xH),
/// both traces by third derivatives in n pairs (e_i, H⁻¹e_i), so O(n) gradients in all. `x` is a
/// minimiser. @throws NumericalError, naming the pivot, unless H is positive definite; UnsupportedError
/// where the problem has no third_order or no parameter_gradient; ShapeError.
Laplace laplace(const Problem& problem, const Vector& x, const Vector& theta);

namespace detail {
/// @throws UnsupportedError if what a solver converges to is not ∇f = 0.
void check_solves_gradient(Equation equation);
/// @throws NumericalError unless the status is `converged`.
void check_has_converged(Status status, Index steps);
}  // namespace detail

/// The same at the end of a run. @throws NumericalError unless it has converged (give a tolerance);
/// UnsupportedError of a solver that declares another equation than ∇f = 0.
template <class S>
Laplace laplace(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                const SolveOptions& options) {
  detail::check_solves_gradient(declared_equation<S>());
  const Trajectory run = solve(problem, solver, x0, theta, options);
  detail::check_has_converged(run.status, run.steps);
  return laplace(problem, run.x(), theta);
}

}  // namespace unroll
