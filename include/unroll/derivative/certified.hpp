#pragma once

#include "unroll/derivative/method.hpp"

namespace unroll {

/// The derivative of the solution to a named accuracy, and the proof: ‖d − ∂x*ᵀw‖ ≤ accuracy · ‖∂x*ᵀw‖ (of a
/// Jacobian ‖J − ∂x*‖_F), by the bounds of Certificate. What is cheapest is chosen on the way:
///  1. the solver's steps, until x is near a minimiser, or all options.steps are done; none where the problem
///     knows itself to be strongly convex, as there is but one to be found;
///  2. x ← x − tδ, Hδ = ∇f by conjugate residuals, as far as the drift asks for and H's change allows; t = 1,
///     or less where ‖∇f‖ would not fall. Where it never does, or H is not positive definite, steps of the
///     solver go on, as in 1;
///  3. conjugate residuals (Stiefel 1955) for Hλ = w, as far as the residual asks for, from the λ before
///     (`adjoint`, of a neighbouring θ say, at first);
/// and from 2 on again with half the allowance until the bound holds. x of the record is where it ended, not
/// the solver's x_t; `path` of the record tells what was done. Costs are counted as ever. Where the accuracy
/// is not reached, the best so far is returned with a verdict that says so; status is `converged` only if the
/// bound holds.
///
/// Of a solution: x_0 has no part in it, and neither has what θ does elsewhere than in the gradient. Where
/// the problem does not know ℓ, Lip H and Lip M the bound is an estimate, and marked so. A cotangent that is
/// a function of x_T is asked for it at every x that is tried.
struct Certified {
  double accuracy = 1e-3;             // relative; at least 1e-14
  Index max_products = 0;             // gradients and products after the solver's steps; 0: 1000 + 100 n
  Vector adjoint{};                   // λ that pullbacks of one cotangent start from, n; empty: 0
  Certify certify = Certify::always;  // `never` leaves the certificate out of the result, not out of the work

  /// @throws DomainError unless 1e-14 ≤ accuracy < 1, below which doubles do not go, and max_products ≥ 0.
  void check() const;
  /// The run as a linear map. @throws likewise; of products UnsupportedError without objective, or by a
  /// solver that declares a fixed point, or declares nothing and leaves the x where ∇f vanishes;
  /// NumericalError where H is not positive definite, naming the curvature met.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const;
};

}  // namespace unroll
