#pragma once

#include "unroll/derivative/certificate.hpp"
#include "unroll/derivative/implicit_method.hpp"

namespace unroll {

/// Certifies u, an estimate of ∂x*ᵀw by any `vjp`, for one linear solve and one gradient, a product and the
/// norm of M (p products). With a ≈ H⁻¹w at x_T, r = w − H a, and ℓ, d as in Certificate:
///   residual = ‖u + Mᵀa‖,
///   drift = d Lip M ‖a‖ + (‖M‖_F + d Lip M)(d Lip H ‖a‖ + ‖r‖)/ℓ,   bound = residual + drift ≥ ‖u − ∂x*ᵀw‖,
/// as −Mᵀa + M*ᵀH*⁻¹w = (M* − M)ᵀa − M*ᵀH*⁻¹((H* − H)a − r), all with * at x*. Accuracy is relative to ‖u‖.
/// Verdict::unknown where the problem does not know ℓ, Lip M and Lip H.
/// @throws ShapeError, DomainError as certify, NumericalError as solve_linear.
Certificate certify_pullback(const Problem& problem, const Vector& x, const Vector& theta,
                             const Vector& cotangent,  // n, w
                             const Vector& pulled,     // p, u
                             const Implicit& method = {}, Cost* cost = nullptr,
                             const CertifyOptions& options = {});

}  // namespace unroll
