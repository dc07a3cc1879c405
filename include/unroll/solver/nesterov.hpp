#pragma once

#include "unroll/solver/equation.hpp"
#include "unroll/solver/momentum.hpp"

namespace unroll {

/// Nesterov's accelerated gradient, constant scheme (Nesterov 2004, 2.2.11):
///   y = x_t + m (x_t − x_{t−1}),  x_{t+1} = y − h ∇f(y).
/// h and m are frozen with respect to θ.
struct Nesterov {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size;                                         // h > 0
  double momentum;                                          // m

  /// h = 1/L, m = (√κ − 1)/(√κ + 1). @throws DomainError as check_spectrum.
  static Nesterov optimal(double smallest_eigenvalue, double largest_eigenvalue);

  /// Those of every step, as concept LinearMethod asks.
  MomentumCoefficients coefficients(Index) const { return {momentum, momentum, step_size}; }
  /// @throws DomainError unless h is positive and finite, and m finite.
  void check() const;

  template <class V>
  MomentumState<V> init(const V& x0) const {
    return momentum_init(x0);
  }
  template <class V>
  MomentumState<V> step(const Oracle<V>& f, const MomentumState<V>& s, const V& theta, Index t) const {
    return momentum_step(coefficients(t), f, s, theta);
  }
};

}  // namespace unroll
