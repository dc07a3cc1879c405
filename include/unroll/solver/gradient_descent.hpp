#pragma once

#include "unroll/ad/operators.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/schedule.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// Gradient descent (Cauchy 1847): x_{t+1} = x_t − h ∇f(x_t).
/// Converges for h < 2/L where f is convex with an L-Lipschitz gradient. h is frozen with respect to θ.
struct GradientDescent {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size;                                         // h > 0

  /// h = 1/L: the Jacobian converges at once, though slowly. @throws DomainError unless 0 < L < ∞.
  static GradientDescent short_step(double largest_eigenvalue);
  /// h = 2/(L + ℓ): best for f, while the Jacobian first gets worse (burn-in). @throws DomainError as
  /// check_spectrum.
  static GradientDescent large_step(double smallest_eigenvalue, double largest_eigenvalue);

  /// Those of every step, as concept LinearMethod asks.
  MomentumCoefficients coefficients(Index) const { return {0, 0, step_size}; }
  /// @throws DomainError unless h is positive and finite.
  void check() const;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - step_size * f.gradient(s.x, theta)};
  }
};

extern template State<Vector> GradientDescent::step(const Oracle<Vector>&, const State<Vector>&,
                                                    const Vector&, Index) const;
extern template State<DualVector> GradientDescent::step(const Oracle<DualVector>&, const State<DualVector>&,
                                                        const DualVector&, Index) const;
extern template State<VarVector> GradientDescent::step(const Oracle<VarVector>&, const State<VarVector>&,
                                                       const VarVector&, Index) const;

}  // namespace unroll
