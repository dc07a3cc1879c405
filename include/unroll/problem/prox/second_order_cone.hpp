#pragma once

#include <vector>

#include "unroll/ad/reduce.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = 0 where ‖u‖₂ ≤ t for x = (u, t), else ∞: x itself inside, 0 inside the polar cone, ‖u‖ ≤ −t, and else
/// (1 + t/‖u‖)/2 · (u, ‖u‖). n ≥ 2.
struct SecondOrderCone {
  /// The projection of v, n; the same for every step.
  template <class V>
  V operator()(const V& v, double, const V&) const {
    const Index n = v.size() - 1;
    const V u = head(v, n);
    const double size = value_of(u).stableNorm(), height = value_of(v)[n];
    if (size <= height) return v;
    if (size <= -height) return V(0.0 * v);
    const scalar_t<V> length = norm(u), middle = 0.5 * (length + v[n]);
    return V(concatenate(V(scalar_t<V>(middle / length) * u), V(assemble(std::vector<scalar_t<V>>{middle}))));
  }
};

}  // namespace unroll
