#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// Gauss–Newton (Gauss 1809), with the damping of Levenberg (1944) and Marquardt (1963), on f = ½‖r(x, θ)‖²:
///   x_{t+1} = x_t − (JᵀJ + μI)⁻¹ Jᵀr,  J = ∂r/∂x, by Cholesky.
/// For a LeastSquares problem (see make_least_squares), J of full column rank or μ > 0.
///
/// Unrolled, δ = (JᵀJ + μI)⁻¹Jᵀr has the derivative of the normal equations, residuals' curvature and all:
/// two recordings of r with a tangent a pullback, n of them forwards. One step alone: `frozen_step` has the
/// derivative of the minimiser at a fixed point, for OneStep{}.
/// @throws UnsupportedError if the problem is no LeastSquares, NumericalError, naming the pivot, unless JᵀJ +
/// μI is positive definite.
struct GaussNewton {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double damping = 0;                                       // μ ≥ 0, frozen with respect to θ

  /// @throws DomainError unless μ ≥ 0 and finite.
  void check() const;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// The same values, with the derivative of x_t − H(x_t, θ)⁻¹∇f(x_t, θ), H the Hessian of f, constant:
  /// ∂x_{t+1} = −H⁻¹M, whatever μ and the residuals' curvature.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
