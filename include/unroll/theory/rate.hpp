#pragma once

#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/sobolev_schedule.hpp"

/// Asymptotic rates: lim_t (max |P_t(λ)|)^{1/t} over λ in [ℓ, L], below 1 where the method converges. The
/// Jacobian converges at the same rate; what its error has in addition is a power of t, of which the burn-in
/// is made. The corrected Jacobian (see CorrectedForm) has no power in addition to P_t's own. All throw
/// DomainError as check_spectrum and the method's check.
namespace unroll {

/// max(|1 − hℓ|, |1 − hL|); the Jacobian t times that power.
double asymptotic_rate(const GradientDescent& method, double smallest_eigenvalue, double largest_eigenvalue);

/// The larger of |z| at ℓ and L for the roots of z² − (1 + m − hλ)z + m, between the two √m or less; for
/// HeavyBall::optimal √m, where P_t grows as t√m^t, and the Jacobian's error as t³√m^t.
double asymptotic_rate(const HeavyBall& method, double smallest_eigenvalue, double largest_eigenvalue);

/// The larger of |z| at ℓ and L for the roots of z² − (1 + m)(1 − hλ)z + m(1 − hλ); for Nesterov::optimal
/// 1 − 1/√κ.
double asymptotic_rate(const Nesterov& method, double smallest_eigenvalue, double largest_eigenvalue);

/// (√κ − 1)/(√κ + 1) on the method's own interval, the Jacobian t² times that power; on a wider interval
/// greater.
double asymptotic_rate(const Chebyshev& method, double smallest_eigenvalue, double largest_eigenvalue);

/// That of Chebyshev's method.
double asymptotic_rate(const SobolevMeasure& measure, double smallest_eigenvalue, double largest_eigenvalue);

}  // namespace unroll
