#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"

namespace unroll {

/// Levenberg–Marquardt on f = ½‖r(x, θ)‖², a LeastSquares problem (see make_least_squares), by gain ratio
/// (Nielsen 1999; Madsen, Nielsen & Tingleff 2004, 3.2):
///   δ_t = (JᵀJ + μ_t I)⁻¹ Jᵀr,  μ_t = λ_t max_i (JᵀJ)_ii,  γ = (f(x_t) − f(x_t − δ_t))/(½ δ_tᵀ(μ_t δ_t +
///   Jᵀr)).
/// Where γ > 0 the step is accepted, x_{t+1} = x_t − δ_t, and λ shrinks by max(1/3, 1 − (2γ − 1)³); else it
/// is refused, x stays, and λ grows by 2, 4, 8, … . A gradient, a Jacobian of the residuals and two values a
/// step.
///
/// Both are rounded, max_i (JᵀJ)_ii to a power of two and the shrinking to eighths: so λ_t and μ_t do
/// not move with θ but by jumps, and x_t has the derivative that is unrolled, in which they are constants
/// and the residuals' curvature is not: δ has that of the normal equations. `frozen_step` has that of the
/// minimiser, for OneStep{}.
/// @throws UnsupportedError if the problem is no LeastSquares.
struct LevenbergMarquardt {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double first_damping = 1e-3;  // λ_0 > 0, beside the largest squared column of J

  template <class V>
  struct State {
    V x;             // n
    double damping;  // λ_t
    double growth;   // of λ, if the step is refused
    bool accepted;   // whether the step that led here was; see was_accepted
  };

  /// @throws DomainError unless λ_0 is positive and finite.
  void check() const;

  template <class V>
  State<V> init(const V& x0) const {
    return {x0, first_damping, 2, true};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// The same values, with the derivative of the minimiser at a fixed point: see Newton::frozen_step.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
