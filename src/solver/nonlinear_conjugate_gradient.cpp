#include "unroll/solver/nonlinear_conjugate_gradient.hpp"

#include "instantiate.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/state.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {
namespace {

/// −g + β p, or −g at the start and where that is no descent.
template <class V>
V direction(const V& g, const V& previous_g, const V& previous_p) {
  if (detail::is_stationary(value_of(previous_g))) return -g;
  const double size = detail::size_of(value_of(previous_g));
  const scalar_t<V> beta = dot(V(g / size), V((g - previous_g) / size)) / squared_norm(V(previous_g / size));
  if (value_of(beta) <= 0) return -g;
  const V p = beta * previous_p - g;
  return value_of(p).dot(value_of(g)) < 0 ? p : V(-g);
}

}  // namespace

template <class V>
NonlinearConjugateGradient::State<V> NonlinearConjugateGradient::step(const Oracle<V>& f, const State<V>& s,
                                                                      const V& theta, Index t) const {
  const V g = f.gradient(s.x, theta);
  if (detail::is_stationary(value_of(g)))
    return {
        detail::stationary_step("nonlinear conjugate gradients", f, s.x, g, theta, search.shorten.first_step),
        g, -g};
  const V p = direction(g, s.gradient, s.direction);
  const V move = search.step(f, s.x, g, p, theta);
  if (!value_of(move).isZero(0)) return {s.x + move, g, p};
  return {detail::idle_step("nonlinear conjugate gradients", f, s.x, g, theta, t, search.shorten.first_step),
          g, p};
}

UNROLL_INSTANTIATE(NonlinearConjugateGradient, NonlinearConjugateGradient::State, step)

}  // namespace unroll
