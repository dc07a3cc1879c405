#pragma once

#include "unroll/ad/prox.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = λ‖x‖₁: the soft threshold hλ. λ = weight, or weight · θ[parameter] where parameter ≥ 0: then λ is
/// differentiated. @throws DomainError if λ is negative, ShapeError if θ has no such entry.
struct L1 {
  double weight = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  /// prox_{hψ}(v), n, for h = `step`.
  template <class V>
  V operator()(const V& v, double step, const V& theta) const {
    return soft_threshold(v, scalar_t<V>(step * detail::weight_of("l1", weight, parameter, theta)));
  }
};

}  // namespace unroll
