#pragma once

#include "unroll/ad/prox.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = 0 where lower ≤ x ≤ upper, entry by entry, else ∞: the projection. Bounds may be infinite.
/// @throws ShapeError if a bound has another size than x, DomainError if lower > upper,
/// or both are the same infinity.
struct Box {
  Vector lower;  // n
  Vector upper;  // n

  /// The projection of v, n; the same for every step.
  template <class V>
  V operator()(const V& v, double, const V&) const {
    return box_projection(v, lower, upper);
  }
};

}  // namespace unroll
