#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"

namespace unroll {

/// Newton's method for any twice differentiable f, from far away and where H is indefinite, too, by a region
/// in which the quadratic model is trusted (Moré & Sorensen 1983; Nocedal & Wright 2006, algorithms 4.1 and
/// 4.3):
///   δ_t = argmin ½ δᵀHδ − gᵀδ over ‖δ‖ ≤ Δ_t, that is (H + μI) δ = g, μ ≥ 0, and ‖δ‖ = Δ_t where μ > 0,
///   γ = (f(x_t) − f(x_t − δ_t))/(gᵀδ_t − ½ δ_tᵀHδ_t).
/// Where γ > accept the step is accepted, x_{t+1} = x_t − δ_t; else it is refused, and x stays. Δ is halved
/// twice where γ < 1/4, and again while it is above ‖δ‖; it doubles where γ > 3/4 on the boundary. By the
/// eigenvalues of H: n products, a gradient and two values a step. An eigenvalue that is zero to rounding
/// counts as zero, and x does not move along its eigenvector unless ∇f has more than rounding there: a
/// minimiser that is one of many is left where it is found.
///
/// Unrolled, Δ_t, which takes countably many values, and what was accepted are constants; on the boundary μ
/// moves so that ‖δ‖ does not. That takes third derivatives of f, as Newton's step does. `frozen_step` has
/// the derivative of the minimiser, for OneStep{}. @throws UnsupportedError of a root; NumericalError where H
/// is not finite, and on a tape in the hard case, where g has no part along H's most negative curvature and
/// the sign of the step is a toss.
struct TrustRegion {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double first_radius = 1;                                  // Δ_0 > 0
  double accept = 1e-4;                                     // in [0, 1/4)

  template <class V>
  struct State {
    V x;            // n
    double radius;  // Δ_t
    bool accepted;  // whether the step that led here was; see was_accepted
  };

  /// @throws DomainError unless Δ_0 is positive and finite, and 0 ≤ accept < 1/4.
  void check() const;

  template <class V>
  State<V> init(const V& x0) const {
    return {x0, first_radius, true};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// The same values, with the derivative of the minimiser at a fixed point: see Newton::frozen_step.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
