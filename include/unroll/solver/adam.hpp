#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"

namespace unroll {

/// Adam (Kingma & Ba, ICLR 2015), entry by entry, with g = ∇f(x_t), β1 = mean_decay, β2 = square_decay:
///   m_{t+1} = β1 m_t + (1 − β1) g,  v_{t+1} = β2 v_t + (1 − β2) g²,
///   x_{t+1} = x_t − h m̂/(√v̂ + ε),  m̂ = m_{t+1}/(1 − β1^{t+1}),  v̂ = v_{t+1}/(1 − β2^{t+1}).
/// For any differentiable f; with a constant h, x_t settles near a minimiser rather than on it. h is frozen
/// with respect to θ. √v̂ is taken of v̂ + 1e-60, which moves no digit beside ε and keeps its slope finite
/// where a gradient is zero.
struct Adam {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size = 1e-3;                                  // h > 0
  double mean_decay = 0.9;                                  // β1 in [0, 1)
  double square_decay = 0.999;                              // β2 in [0, 1)
  double epsilon = 1e-8;                                    // ε > 0

  /// @throws DomainError, naming the option, unless the ranges above hold.
  void check() const;

  template <class V>
  struct State {
    V x;       // n, x_t
    V mean;    // n, m_t
    V square;  // n, v_t
  };
  template <class V>
  State<V> init(const V& x0) const {
    const V zero(Vector(Vector::Zero(x0.size())));
    return {x0, zero, zero};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
