#include "unroll/solver/broyden.hpp"

#include <algorithm>

#include "instantiate.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {

void Broyden::check() const {
  detail::check_option("Broyden", "step_size", step_size, "finite and not 0",
                       step_size != 0 && std::isfinite(step_size));
}

template <class V>
Broyden::State<V> Broyden::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  constexpr double rounding = 1e-8;
  const V residual = f.gradient(s.x, theta);
  matrix_t<V> inverse = s.inverse;
  const Vector& x = value_of(s.x);
  if (t > 0 && value_of(s.last).stableNorm() > rounding * std::max(1.0, x.stableNorm())) {
    const V change = residual - s.residual;
    const V learnt = s.inverse * change;
    const scalar_t<V> length = dot(s.last, learnt);
    if (value_of(length) != 0) {
      const V gap = (s.last - learnt) / length, row = transpose(s.inverse) * s.last;
      inverse = inverse + outer(gap, row);
    }
  }
  const V next = inverse * residual;
  return {s.x - next, -1.0 * next, residual, inverse};
}

UNROLL_INSTANTIATE(Broyden, Broyden::State, step)

}  // namespace unroll
