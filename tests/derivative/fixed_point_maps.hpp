#pragma once

#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/state.hpp"

/// Maps whose fixed points, and derivatives, are written out in tests.
namespace unroll::test {

/// x⁺ = tanh(Ax)/2 + Bθ, A not symmetric, nor its norm below 1 in the first step.
struct TanhMap {
  Matrix A, B;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {0.5 * V(tanh(V(A * s.x))) + V(B * theta)};
  }
};

/// Momentum whose velocity is part of the state: two blocks, a map that is not normal.
struct Momentum {
  Matrix H, B;
  template <class V>
  struct State {
    V x, velocity;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * x0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V velocity =
        0.6 * s.velocity - 0.3 * V(V(H * s.x) + V(0.2 * square(theta[0]) * s.x) - V(B * theta));
    return {s.x + velocity, velocity};
  }
};

/// ‖Ax − y‖²/(2m), of which θ is no part.
struct HalfMeanSquare {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V&) const {
    return squared_norm(V(A * x - y)) * (0.5 / static_cast<double>(A.rows()));
  }
};

}  // namespace unroll::test
