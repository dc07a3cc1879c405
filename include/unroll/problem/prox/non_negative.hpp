#pragma once

#include <limits>

#include "unroll/ad/prox.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = 0 where x ≥ 0, else ∞: max(v, 0). At v_i = 0 the slope is 1.
struct NonNegative {
  /// The projection of v, n; the same for every step.
  template <class V>
  V operator()(const V& v, double, const V&) const {
    return box_projection(v, 0.0, std::numeric_limits<double>::infinity());
  }
};

}  // namespace unroll
