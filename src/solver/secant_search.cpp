#include "unroll/solver/secant_search.hpp"

#include <cmath>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

template <class V>
V SecantSearch::step(const Oracle<V>& f, const V& x, const V& g, const V& p, const V& theta) const {
  using std::sqrt;
  const V zero(Vector(Vector::Zero(x.size())));
  if (!(value_of(p).norm() > 1e-100)) return zero;
  const scalar_t<V> s = reach * sqrt(1.0 + squared_norm(x)) / norm(p);
  const V there = f.gradient(V(x + s * p), theta);
  const scalar_t<V> curvature = dot(p, V(there - g)) / s;
  const scalar_t<V> h = value_of(curvature) > 0 ? scalar_t<V>(-dot(g, p) / curvature) : scalar_t<V>(1.0);
  const V full = h * p;
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
