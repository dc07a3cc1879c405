#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// Newton's method, with Levenberg's damping μ: x_{t+1} = x_t − (H(x_t) + μI)⁻¹ ∇f(x_t), by Cholesky.
/// For H + μI positive definite. One gradient and n Hessian-vector products a step.
///
/// Unrolling it needs ∂H, third derivatives of f, which a problem does not give: `step` throws
/// UnsupportedError where x or θ carry derivatives, but on a QuadraticProblem, whose H is constant in x.
/// Elsewhere take `Implicit{}`, or `OneStep{}`: `frozen_step` has the derivative of the minimiser
/// at a fixed point.
/// @throws NumericalError, naming the pivot, unless H + μI is positive definite.
struct Newton {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double damping = 0;                                       // μ ≥ 0, frozen with respect to θ

  /// @throws DomainError unless μ ≥ 0 and finite.
  void check() const;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// The same values, with the derivative of x_t − H(x_t, θ)⁻¹∇f(x_t, θ), H constant: ∂x_{t+1} = −H⁻¹M,
  /// whatever μ.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
