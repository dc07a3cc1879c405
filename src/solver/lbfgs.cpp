#include "unroll/solver/lbfgs.hpp"

#include <algorithm>
#include <utility>

#include "instantiate.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/state.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {
namespace {

template <class V>
bool is_usable_pair(const V& x, const V& step, const V& change) {
  const Vector s = value_of(step), y = value_of(change);
  return s.dot(y) > 1e-10 * s.norm() * y.norm() && s.norm() > 1e-10 * std::max(1.0, value_of(x).norm());
}

/// B g, from the newest pair to the oldest and back.
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
  if (k > 0) q = V(scalar_t<V>(curvature[k - 1] / squared_norm(y[k - 1])) * q);
  for (std::size_t i = 0; i < k; ++i) {
    const scalar_t<V> beta = dot(y[i], q) / curvature[i];
    q = V(q + scalar_t<V>(alpha[i] - beta) * s[i]);
  }
  return q;
}

}  // namespace

void Lbfgs::check() const {
  detail::check_memory("L-BFGS", static_cast<double>(memory));
  search.check("L-BFGS");
}

template <class V>
Lbfgs::State<V> Lbfgs::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  const V g = f.gradient(s.x, theta);
  State<V> next{s.x, s.x, g, s.steps, s.changes};
  const V moved = s.x - s.previous, change = g - s.gradient;
  if (is_usable_pair(s.x, moved, change)) {
    next.steps.push_back(moved);
    next.changes.push_back(change);
  }
  if (static_cast<Index>(next.steps.size()) > memory) {
    next.steps.erase(next.steps.begin());
    next.changes.erase(next.changes.begin());
  }
  if (detail::is_stationary(value_of(g))) {
    next.x = detail::stationary_step("L-BFGS", f, s.x, g, theta, search.shorten.first_step);
    return next;
  }
  const V p = -two_loop(next.steps, next.changes, g);
  next.x = V(s.x + search.step(f, s.x, g, p, theta));
  return next;
}

UNROLL_INSTANTIATE(Lbfgs, Lbfgs::State, step)

}  // namespace unroll
