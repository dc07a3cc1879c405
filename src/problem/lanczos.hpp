#pragma once

#include <functional>

#include "unroll/types.hpp"

namespace unroll::detail {

/// Approximations to both ends of the spectrum of a symmetric matrix, with unit vectors.
struct EndsOfSpectrum {
  double smallest, largest;
  Vector smallest_vector, largest_vector;  // n
};

/// By implicitly restarted Lanczos on products with H, n ≥ 4, until both residuals are at most `tolerance`
/// times the eigenvalue or about `most_products` are spent. Deterministic.
EndsOfSpectrum lanczos(const std::function<Vector(const Vector&)>& apply, Index n, double tolerance,
                       Index most_products);

}  // namespace unroll::detail
