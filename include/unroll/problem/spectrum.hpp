#pragma once

#include "unroll/types.hpp"

namespace unroll {

/// The ends of the spectrum of a Hessian.
struct Spectrum {
  double smallest;  // ℓ
  double largest;   // L
  /// κ = L/ℓ.
  double condition_number() const { return largest / smallest; }
};

/// The spectrum of a symmetric matrix, by a dense eigenvalue decomposition in O(n³).
/// @throws ShapeError unless H is square and not empty, DomainError if it is not finite or not symmetric,
/// NumericalError if the decomposition fails.
Spectrum spectrum(const Matrix& H);  // n×n

}  // namespace unroll
