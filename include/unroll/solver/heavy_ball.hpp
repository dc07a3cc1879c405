#pragma once

#include "unroll/solver/equation.hpp"
#include "unroll/solver/momentum.hpp"

namespace unroll {

/// Heavy ball (Polyak 1964): x_{t+1} = x_t + m (x_t − x_{t−1}) − h ∇f(x_t), its first step plain.
/// Converges on quadratics for 0 ≤ m < 1, h < 2(1 + m)/L. Both are frozen with respect to θ.
struct HeavyBall {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size;                                         // h > 0
  double momentum;                                          // m

  /// Polyak's optimal choice on [ℓ, L]: √m = (√κ − 1)/(√κ + 1), h = 4/(√L + √ℓ)². @throws DomainError as
  /// check_spectrum.
  static HeavyBall optimal(double smallest_eigenvalue, double largest_eigenvalue);

  /// Those of every step, as concept LinearMethod asks.
  MomentumCoefficients coefficients(Index) const { return {momentum, 0, step_size}; }
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
