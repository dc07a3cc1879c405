#pragma once

#include "unroll/derivative/certify.hpp"

namespace unroll::detail {

/// @throws DomainError unless accuracy and ℓ are positive and finite.
void check(const CertifyOptions& options);
/// ℓ and where it is from, if the caller or the problem knows it.
void set_smallest_eigenvalue(Certificate& c, const std::optional<Curvature>& curvature,
                             const CertifyOptions& options);
/// The verdict of bound, norm, residual and drift.
Verdict judge(const Certificate& c, double accuracy);
/// ‖a‖_F, of tiny and of huge entries too.
double norm(const Matrix& a);

}  // namespace unroll::detail
