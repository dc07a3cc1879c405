#pragma once

#include "unroll/derivative/jacobian.hpp"

namespace unroll {

/// The pullback of w, and how it changes along a direction of θ.
struct SecondVjp : RunRecord {
  Vector dtheta{};      // ∂x*(θ)ᵀ w, p
  Vector dtheta_dot{};  // ∇²_θ (wᵀx*(θ)) θ̇, p
};

/// ∇_θ (wᵀx*) and ∇²_θ (wᵀx*) θ̇ at (x, θ), w (n) and θ̇ (p) constant. With Hv = −w:
///  - where H and b are affine in θ (QuadraticProblem::is_affine) exactly, at two solves more than the first:
///    v̇ = −H⁻¹Ḣv, ẋ = −H⁻¹(Ḣx + ḃ), and entry i is v̇ᵀ(∂_iH x + ∂_ib) + vᵀ∂_iH ẋ, with Ḣ = Σ θ̇_i ∂_iH;
///  - else it would take third derivatives of f, and central differences of the first are taken, at θ ± hθ̇
///  with
///    h ‖θ̇‖ = 1e-5 max(1, ‖θ‖) and x* found there by Newton's method from x ± hẋ: off by O(h²) of the fourth
///    derivatives of wᵀx*, and by about 1e-10 of the first.
/// @throws ShapeError, DomainError if θ ± hθ̇ leaves the domain, NumericalError as solve_linear, and if
/// Newton's method does not bring ‖∇f‖ to rounding.
SecondVjp implicit_second_vjp(const Problem& problem, const Vector& x, const Vector& theta,
                              const Vector& cotangent, const Vector& tangent, const Implicit& method = {},
                              Cost* cost = nullptr);

/// The same at the end of a run. Of a run that is unrolled, wholly or for its last step, it would take third
/// derivatives of f along the steps: only Implicit{} is taken.
template <class S>
SecondVjp second_vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                     const Vector& cotangent,  // n
                     const Vector& tangent,    // p
                     const SolveOptions& options, const Implicit& method) {
  detail::SolverSteps<S> steps(problem, solver, start, theta, options);
  steps.run();
  SecondVjp second =
      implicit_second_vjp(problem, steps.record.x, theta, cotangent, tangent, method, &steps.record.cost);
  static_cast<RunRecord&>(second) = steps.record;
  return second;
}
/// Another method: does not compile, take Implicit{}.
template <class S, class Other>
SecondVjp second_vjp(const Problem&, const S&, const Start&, const Vector&, const Vector&, const Vector&,
                     const SolveOptions&, const Other&) = delete;

}  // namespace unroll
