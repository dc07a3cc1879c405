#pragma once

#include <concepts>

namespace unroll {

/// Which equation the end of a run solves. A solver declares it, as `static constexpr Equation equation`:
/// implicit differentiation, certificates and Status::converged go by it, and by nothing else.
enum class Equation {
  automatic,    // not declared
  gradient,     // ∇_x f(x, θ) = 0, or F(x, θ) = 0 of a root
  fixed_point,  // s = Φ(s, θ), Φ one step, s its whole state: of a prox, a projection, multipliers
};

/// What the solver declares.
template <class S>
constexpr Equation declared_equation() {
  if constexpr (requires {
                  { S::equation } -> std::convertible_to<Equation>;
                }) {
    return S::equation;
  } else {
    return Equation::automatic;
  }
}

}  // namespace unroll
