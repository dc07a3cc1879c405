#pragma once

#include "unroll/theory/spectral_terms.hpp"

namespace unroll {

/// The quadratic model of any smooth f around its minimiser: H = H(x*, θ), M = M(x*, θ), and the *total*
/// derivatives d/dθ_i H(x*(θ), θ) = ∂_iH + D³f[∂_i x*]. With it, by linearisation of the run around x*,
///   x_t − x* ≈ P_t(H)(x_0 − x*),
///   ∂_i x_t − ∂_i x* ≈ P_t(H)(∂_i x_0 − ∂_i x*) + DP_t(H)[d/dθ_i H](x_0 − x*),
/// which is ClosedForm(spectral_terms(local_model(…), x0, dx0), residual_recurrence(method)). With
/// d = ‖x_0 − x*‖ the first errs by O(d²), the second by O(d)·‖∂x_0 − ∂x*‖ + O(d²): a third derivative in the
/// directions x_0 − x* and ∂x_0 − ∂x* is left out, which no polynomial of H expresses.
///
/// The third derivatives are central differences of problem.hessian along (∂_i x*, e_i), of relative accuracy
/// about 1e-10 where f varies over distances of the order of ‖x*‖ and θ. Cost: 2p + 1 Hessians.
/// @throws ShapeError or DomainError if minimiser or theta does not fit the problem, DomainError if
/// ‖∇f‖ > 1e-6 max(1, ‖H‖_F ‖x*‖) there, NumericalError if H is not positive definite.
QuadraticModel local_model(const Problem& problem,
                           const Vector& minimiser,  // x*(θ), n
                           const Vector& theta);     // p

}  // namespace unroll
