#pragma once

#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"

/// The burn-in of an unrolled derivative: while P_t decays from the start, the term with P'_t first grows.
/// `predicted_peak` is argmax_t max |P'_t(λ)| over λ in [ℓ, L], at least 1, to about one step: where the
/// Jacobian's error peaks when the start point has weight over the whole spectrum. All throw DomainError as
/// check_spectrum.
namespace unroll {

/// 1/ln(1/ρ), ρ = max(|1 − hℓ|, |1 − hL|), as P'_t = −h t (1 − hλ)^{t−1}; infinite for ρ ≥ 1, where P'_t
/// never decays.
double predicted_peak(const GradientDescent& method, double smallest_eigenvalue, double largest_eigenvalue);

/// 3/ln(1/√m) ≈ 1.5 √κ. Holds for Polyak's optimal coefficients only. @throws DomainError for others.
double predicted_peak(const HeavyBall& method, double smallest_eigenvalue, double largest_eigenvalue);

/// √6/ln(1/(1 − κ^{−1/2})) ≈ 2.45 √κ. Holds for Nesterov::optimal only. @throws DomainError for others.
double predicted_peak(const Nesterov& method, double smallest_eigenvalue, double largest_eigenvalue);

/// 2.0653/arccosh((κ+1)/(κ−1)) ≈ 1.03 √κ; 2.0653 is the root of s·tanh s = 2. @throws DomainError unless the
/// method's own interval is [ℓ, L].
double predicted_peak(const Chebyshev& method, double smallest_eigenvalue, double largest_eigenvalue);

}  // namespace unroll
