#pragma once

#include <type_traits>
#include <utility>

#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// A solver that is no step: `solve(x0, theta)` returns the solution of ∇_x f(x, θ) = 0, or of a root, on
/// plain arrays, by whatever means. It is one step of a run, `{.steps = 1}`, and has derivatives by
/// Implicit{} alone, which is to say by the problem's own.
template <class F>
requires std::is_invocable_r_v<Vector, const F&, const Vector&, const Vector&>
struct BlackBox {
  static constexpr Equation equation = Equation::gradient;
  F solve;

  /// @throws UnsupportedError where x or θ carry derivatives.
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    if constexpr (std::is_same_v<V, Vector>) {
      return {solve(s.x, theta)};
    } else {
      throw UnsupportedError("black box: it has no steps to differentiate; take Implicit{}");
    }
  }
};
template <class F>
BlackBox(F) -> BlackBox<F>;

}  // namespace unroll
