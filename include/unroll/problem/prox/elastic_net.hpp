#pragma once

#include "unroll/ad/prox.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = λ‖x‖₁ + μ‖x‖²/2 (Zou & Hastie 2005): the soft threshold hλ, divided by 1 + hμ. Both weights as L1's.
struct ElasticNet {
  double l1 = 1, l2 = 1;                       // λ, μ ≥ 0
  Index l1_parameter = -1, l2_parameter = -1;  // of θ, or none

  /// prox_{hψ}(v), n, for h = `step`. @throws DomainError, ShapeError as L1.
  template <class V>
  V operator()(const V& v, double step, const V& theta) const {
    const scalar_t<V> threshold = step * detail::weight_of("elastic net", l1, l1_parameter, theta);
    const scalar_t<V> shrinkage = 1 + step * detail::weight_of("elastic net", l2, l2_parameter, theta);
    return soft_threshold(v, threshold) / shrinkage;
  }
};

}  // namespace unroll
