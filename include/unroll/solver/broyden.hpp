#pragma once

#include <cmath>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"

namespace unroll {

/// Broyden's (1965) method for a root F(x, θ) = 0, or ∇f = 0, from residuals alone, one a step:
///   x_{t+1} = x_t + s_t,  s_t = −B_t F(x_t, θ),  B_0 = hI,
///   B_{t+1} = B_t + (s_t − B_t y_t) s_tᵀB_t/(s_tᵀB_t y_t),  y_t = F(x_{t+1}) − F(x_t),
/// with B an n×n estimate of the inverse Jacobian, which depends on θ as x does. A step shorter than
/// 1e-8 max(1, ‖x‖) teaches nothing but rounding, and B stays; where it starts within 1e-8 ‖x‖ of a root, of
/// regular ∂_xF, ∂x_{t+1} becomes the root's, from the second step on, by n products with ∂_xF.
struct Broyden {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size = 1;                                     // h ≠ 0

  template <class V>
  struct State {
    V x, last, residual;  // x_t, s_{t−1}, F(x_{t−1}); n
    matrix_t<V> inverse;  // B_{t−1}, n×n
  };

  /// @throws DomainError unless h is finite and not 0.
  void check() const;

  template <class V>
  State<V> init(const V& x0) const {
    const Index n = x0.size();
    return {x0, V(Vector(Vector::Zero(n))), V(Vector(Vector::Zero(n))),
            matrix_t<V>(ad::scaled_identity(step_size, n))};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
