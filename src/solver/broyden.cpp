#include "unroll/solver/broyden.hpp"

#include <algorithm>
#include <type_traits>

#include "curved_step.hpp"
#include "instantiate.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

template <class V>
bool is_short(const V& step, const V& x) {
  constexpr double rounding = 1e-8;
  return !(value_of(step).stableNorm() > rounding * std::max(1.0, value_of(x).stableNorm()));
}

/// Where a short step starts at a root, ∂_xF regular and ‖(∂_xF)⁻¹F‖ ≤ 1e-8 ‖x‖, B knows no more than what it
/// met on the way. Runs from the neighbouring θ go on to the root, and so does the derivative, at once.
template <class V>
V landed(const Oracle<V>& f, const V& x, const V& residual, const V& theta, const V& next) {
  if constexpr (!std::is_same_v<V, Vector>) {
    try {
      const Factorisation A = factorised(f.hessian(x, theta), false, "dF/dx");
      constexpr double at_rest = 1e-8;
      if (A.solve(Vector(value_of(residual))).stableNorm() <= at_rest * value_of(x).stableNorm())
        return frozen_landing(x, residual, A, Vector(value_of(next)));
    } catch (const NumericalError&) {  // no root that is isolated: the derivative is that of the steps
    }
  }
  return next;
}

}  // namespace

void Broyden::check() const {
  detail::check_option("Broyden", "step_size", step_size, "finite and not 0",
                       step_size != 0 && std::isfinite(step_size));
}

template <class V>
Broyden::State<V> Broyden::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  const V residual = f.gradient(s.x, theta);
  matrix_t<V> inverse = s.inverse;
  if (t > 0 && !is_short(s.last, s.x)) {
    const V change = residual - s.residual;
    const V learnt = s.inverse * change;
    const scalar_t<V> length = dot(s.last, learnt);
    if (value_of(length) != 0) {
      const V gap = (s.last - learnt) / length, row = transpose(s.inverse) * s.last;
      inverse = inverse + outer(gap, row);
    }
  }
  const V move = -1.0 * V(inverse * residual), next = s.x + move;
  const bool lands = t > 0 && is_short(move, s.x);
  return {lands ? landed(f, s.x, residual, theta, next) : next, move, residual, inverse};
}

UNROLL_INSTANTIATE(Broyden, Broyden::State, step)

}  // namespace unroll
