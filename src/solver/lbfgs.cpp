#include "unroll/solver/lbfgs.hpp"

#include "instantiate.hpp"
#include "two_loop.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/state.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {

void Lbfgs::check() const {
  detail::check_memory("L-BFGS", static_cast<double>(memory));
  search.check("L-BFGS");
}

template <class V>
Lbfgs::State<V> Lbfgs::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  const V g = f.gradient(s.x, theta);
  State<V> next{s.x, s.x, g, s.steps, s.changes};
  remember_pair(next.steps, next.changes, V(s.x - s.previous), V(g - s.gradient), s.x, memory);
  if (detail::is_stationary(value_of(g))) {
    next.x = detail::stationary_step("L-BFGS", f, s.x, g, theta, search.shorten.first_step);
    return next;
  }
  const V p = -two_loop(next.steps, next.changes, g);
  const V move = search.step(f, s.x, g, p, theta);
  const bool is_idle = value_of(move).isZero(0);
  next.x =
      is_idle ? detail::idle_step("L-BFGS", f, s.x, g, theta, t, search.shorten.first_step) : V(s.x + move);
  return next;
}

UNROLL_INSTANTIATE(Lbfgs, Lbfgs::State, step)

}  // namespace unroll
