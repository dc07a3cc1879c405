#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// Gauss–Newton (Gauss 1809), with the damping of Levenberg (1944) and Marquardt (1963), on f = ½‖r(x, θ)‖²:
///   x_{t+1} = x_t − (JᵀJ + μI)⁻¹ Jᵀr,  J = ∂r/∂x, by Cholesky.
/// For a LeastSquares problem (see make_least_squares), J of full column rank or μ > 0.
///
/// Unrolling it needs ∂J, which a problem does not give: `step` throws UnsupportedError where x or θ carry
/// derivatives. Take `Implicit{}`, or `OneStep{}`: `frozen_step` holds J constant, which is exact in θ at a
/// fixed point.
/// @throws UnsupportedError if the problem is no LeastSquares, NumericalError, naming the pivot, unless JᵀJ +
/// μI is positive definite.
struct GaussNewton {
  double damping = 0;  // μ ≥ 0, frozen with respect to θ

  /// @throws DomainError unless μ ≥ 0 and finite.
  void check() const;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// x_t − A⁻¹ ∇f(x_t, θ) with A = JᵀJ + μI constant: ∂x_{t+1} = ∂x_t − A⁻¹(H ∂x_t + M).
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
