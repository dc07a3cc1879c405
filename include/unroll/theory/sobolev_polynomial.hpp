#pragma once

#include <vector>

#include "unroll/solver/sobolev.hpp"
#include "unroll/theory/recurrence.hpp"

namespace unroll {

/// The residual polynomials of the Sobolev-optimal method, the kernel polynomials of ⟨p,q⟩ = ∫pq dμ + η∫p'q'
/// dμ:
///   P_t = Σ_{i≤t} S_i(0) S_i(λ)/‖S_i‖² / Σ_{i≤t} S_i(0)²/‖S_i‖²,  S_i the Sobolev orthogonal polynomials of
///   the measure,
/// the polynomials with P(0) = 1 of least ∫P² dμ + η∫P'² dμ, by the recurrence that the method itself runs
/// (see SobolevCoefficients). With it `ResidualPolynomial(SobolevMeasure{…}, λ)` has P_t and P'_t.
/// @throws DomainError as SobolevMeasure::check.
Recurrence residual_recurrence(const SobolevMeasure& measure);

/// Those of its measure. @throws likewise.
inline Recurrence residual_recurrence(const Sobolev& method) { return residual_recurrence(method.measure); }

/// Their value: min ∫P² dμ + η∫P'² dμ over P of degree t = 0 … steps with P(0) = 1, for μ of mass 1. It is
/// 1/K_t = ∏_{i≤t} (1 − a_i), a_i = (S_i(0)²/‖S_i‖²)/K_i the method's `average` coefficients, and 1 at t = 0.
/// It is to E‖∂x_t − ∂x*‖²/E‖∂x_0 − ∂x*‖² what the method promises (see SobolevMeasure for when).
/// @throws DomainError as SobolevMeasure::check, if L − ℓ ≤ 1e-14 L, or if steps < 0.
std::vector<double> sobolev_minima(const SobolevMeasure& measure, Index steps);

}  // namespace unroll
