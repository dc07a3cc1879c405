#pragma once

#include <vector>

#include "unroll/ad/operators.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// Mini-batch stochastic gradient descent (Robbins & Monro 1951) on a finite sum:
///   x_{t+1} = x_t − h ∇f_B(x_t),  B = batches[t mod batches.size()].
/// The order of the batches is given, so that a run can be repeated, and differentiated. With a constant h,
/// x_t settles near the minimiser rather than on it. Each step counts as one gradient. h is frozen with
/// respect to θ. @throws UnsupportedError if the problem is no FiniteSum.
struct StochasticGradient {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size;                                         // h > 0
  std::vector<std::vector<Index>> batches;  // of rows 0 … m − 1, in the order in which they are used

  /// @throws DomainError unless h is positive and finite, and there is a batch.
  void check() const;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const auto& batch = batches[static_cast<std::size_t>(t) % batches.size()];
    return {s.x - step_size * f.gradient(s.x, theta, batch)};
  }
};

}  // namespace unroll
