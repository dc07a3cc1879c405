#pragma once

#include "unroll/derivative/certify.hpp"

namespace unroll::detail {

/// @throws DomainError unless accuracy and ℓ are positive and finite.
void check(const CertifyOptions& options);
/// What the problem says, if anything. @throws DomainError for a NaN, or a negative Lipschitz constant.
std::optional<Curvature> checked_curvature(const Problem& problem, const Vector& theta);
/// The same, if it is all that bounds need.
std::optional<Curvature> known_curvature(const Problem& problem, const Vector& theta);
/// What bounds rest on: all that the problem knows, or else where the drift is measured.
struct Constants {
  std::optional<Curvature> known;
  Vector towards_minimiser;
};
/// Of H, at most, for an estimate of its curvature: min(n, 20).
inline constexpr Index products_of_estimates = 20;
/// Sets ℓ and where it is from: the caller, the problem, or, by so many products, an estimate.
Constants set_constants(Certificate& c, const Problem& problem, const Vector& x, const Vector& theta,
                        const Vector& gradient, const CertifyOptions& options, Cost& cost);
/// Why there is no bound then.
inline constexpr std::string_view no_curvature =
    "as H has no curvature above 0 that is known or was seen: x* may be one of many, or none";
/// The verdict of bound, norm, residual, drift and accuracy.
Verdict judge(const Certificate& c);
/// Certifies J Θ̇, n×k, along Θ̇, p×k, whose spectral norm is at most `tangent_norm`. Where the constants are
/// known the bound is made sharper by a point nearer to x*, and a derivative there, for `refining` k
/// products; not at all by 0.
Certificate certify_along(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& pushed,
                          const Matrix& tangents, double tangent_norm, Index refining, Cost& cost,
                          const CertifyOptions& options);
/// ‖a‖_F, of tiny and of huge entries too.
double norm(const Matrix& a);

}  // namespace unroll::detail
