#pragma once

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

}  // namespace unroll
