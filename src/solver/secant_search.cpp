#include "unroll/solver/secant_search.hpp"

#include <cmath>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/state.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {

template <class V>
V SecantSearch::step(const Oracle<V>& f, const V& x, const V& g, const V& p, const V& theta) const {
  using std::sqrt;
  const V zero(Vector(Vector::Zero(x.size())));
  if (detail::is_stationary(value_of(p))) return zero;
  const double size = detail::size_of(value_of(p));
  const V unit = p / size;
  const scalar_t<V> s = reach * sqrt(1.0 + squared_norm(x)) / norm(unit);
  const V there = f.gradient(V(x + s * unit), theta);
  const scalar_t<V> curvature = dot(unit, V(there - g)) / s;
  const scalar_t<V> h = value_of(curvature) > 0 ? scalar_t<V>(-dot(g, unit) / curvature) : scalar_t<V>(size);
  const V full = h * unit;
  const double part = shorten(f.plain(), value_of(x), value_of(theta), value_of(g), value_of(full));
  return part > 0 ? V(part * full) : zero;
}

void SecantSearch::check(std::string_view method) const {
  detail::check_option(method, "reach", reach, "positive and finite", reach > 0 && std::isfinite(reach));
  shorten.check(method);
}

#define UNROLL_SEARCH(V) \
  template V SecantSearch::step(const Oracle<V>&, const V&, const V&, const V&, const V&) const;
UNROLL_SEARCH(Vector)
UNROLL_SEARCH(DualVector)
UNROLL_SEARCH(VarVector)
#undef UNROLL_SEARCH

}  // namespace unroll
