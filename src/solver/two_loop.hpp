#pragma once

#include <algorithm>
#include <vector>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/stationary.hpp"

/// What the L-BFGS methods share: the pairs s = x_t − x_{t−1}, y = ∇f(x_t) − ∇f(x_{t−1}), the oldest first,
/// and the matrix that they stand for.
namespace unroll {

/// Whether B stays positive definite with the pair.
template <class V>
bool is_curved(const V& s, const V& y) {
  return value_of(s).dot(value_of(y)) > 1e-10 * value_of(s).stableNorm() * value_of(y).stableNorm();
}

/// Adds the pair, unless it has no curvature or few digits; of more than `memory` the oldest goes.
template <class V>
void remember_pair(std::vector<V>& steps, std::vector<V>& changes, const V& s, const V& y, const V& x,
                   Index memory) {
  if (is_curved(s, y) && value_of(s).norm() > 1e-10 * std::max(1.0, value_of(x).norm())) {
    steps.push_back(s);
    changes.push_back(y);
  }
  if (static_cast<Index>(steps.size()) > memory) {
    steps.erase(steps.begin());
    changes.erase(changes.begin());
  }
}

/// B g, from the newest pair to the oldest and back (Nocedal 1980).
template <class V>
V two_loop(const std::vector<V>& s, const std::vector<V>& y, const V& g) {
  const std::size_t k = s.size();
  std::vector<scalar_t<V>> curvature(k), alpha(k);
  V q = g;
  for (std::size_t i = k; i-- > 0;) {
    curvature[i] = dot(s[i], y[i]);
    alpha[i] = dot(s[i], q) / curvature[i];
    q = V(q - alpha[i] * y[i]);
  }
  if (k > 0) {
    const double size = detail::size_of(value_of(y[k - 1]));
    q = V(scalar_t<V>(dot(s[k - 1], V(y[k - 1] / size)) / squared_norm(V(y[k - 1] / size))) * V(q / size));
  }
  for (std::size_t i = 0; i < k; ++i) {
    const scalar_t<V> beta = dot(y[i], q) / curvature[i];
    q = V(q + scalar_t<V>(alpha[i] - beta) * s[i]);
  }
  return q;
}

}  // namespace unroll
