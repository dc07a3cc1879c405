#pragma once

#include "unroll/ad/operators.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/schedule.hpp"

namespace unroll {

/// The state of heavy ball, Nesterov's and Chebyshev's method: two iterates.
template <class V>
struct MomentumState {
  V x;         // n, x_t
  V previous;  // n, x_{t−1}
};

/// x_{−1} = x_0.
template <class V>
MomentumState<V> momentum_init(const V& x0) {
  return {x0, x0};
}

/// The one step of every linear method with memory, see MomentumCoefficients. Compiled in the library for the
/// V it knows.
template <class V>
MomentumState<V> momentum_step(const MomentumCoefficients& c, const Oracle<V>& f, const MomentumState<V>& s,
                               const V& theta) {
  const V y = c.extrapolation == 0 ? s.x : V(s.x + c.extrapolation * (s.x - s.previous));
  return {s.x + c.momentum * (s.x - s.previous) - c.step_size * f.gradient(y, theta), s.x};
}

/// @cond instantiations
extern template MomentumState<Vector> momentum_step(const MomentumCoefficients&, const Oracle<Vector>&,
                                                    const MomentumState<Vector>&, const Vector&);
extern template MomentumState<DualVector> momentum_step(const MomentumCoefficients&,
                                                        const Oracle<DualVector>&,
                                                        const MomentumState<DualVector>&, const DualVector&);
extern template MomentumState<VarVector> momentum_step(const MomentumCoefficients&, const Oracle<VarVector>&,
                                                       const MomentumState<VarVector>&, const VarVector&);
/// @endcond

}  // namespace unroll
