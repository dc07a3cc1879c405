#pragma once

#include "unroll/solver/equation.hpp"
#include "unroll/solver/momentum.hpp"

namespace unroll {

/// Chebyshev's semi-iterative method (Golub & Varga 1961) on [ℓ, L]:
///   x_{t+1} = x_t + (ω_{t+1} − 1)(x_t − x_{t−1}) − (2 ω_{t+1}/(L + ℓ)) ∇f(x_t),  the first step plain with
///   2/(L + ℓ).
/// Its residual polynomial T_t(m(λ))/T_t(m(0)), m(λ) = (L + ℓ − 2λ)/(L − ℓ), is the smallest possible on [ℓ,
/// L]. Where L − ℓ ≤ 1e-14 L it is the step 1/L. ℓ and L are frozen with respect to θ.
struct Chebyshev {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double smallest_eigenvalue;                               // ℓ > 0
  double largest_eigenvalue;                                // L ≥ ℓ

  /// With σ = (L + ℓ)/(L − ℓ) the recurrence ω_1 = 2, ω_{t+1} = 1/(1 − ω_t/(4σ²)) is ω_{t+1} = 2σ
  /// T_t(σ)/T_{t+1}(σ). As T_t(σ) = (r^t + r^−t)/2, r = (√L − √ℓ)/(√L + √ℓ), it is also
  ///   ω_{t+1} = 2(L + ℓ)/(√L + √ℓ)² · (1 + r^{2t})/(1 + r^{2t+2}),
  /// which costs the same at every t and is accurate to a few units in the last place.
  /// @throws DomainError as check.
  MomentumCoefficients coefficients(Index t) const;
  /// @throws DomainError as check_spectrum.
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
