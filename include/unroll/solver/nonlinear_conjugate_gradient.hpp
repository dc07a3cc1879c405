#pragma once

#include "unroll/solver/equation.hpp"
#include "unroll/solver/secant_search.hpp"

namespace unroll {

/// Nonlinear conjugate gradients, Polak–Ribière+ (Polak & Ribière 1969; Gilbert & Nocedal 1992), with g_t =
/// ∇f(x_t) and p_0 = −g_0:
///   β = max(0, g_tᵀ(g_t − g_{t−1})/‖g_{t−1}‖²),  p_t = −g_t + β p_{t−1},  x_{t+1} = x_t + h_t p_t,
/// h_t by SecantSearch, and p_t = −g_t wherever p_t points uphill. On quadratics, conjugate gradients.
/// For any differentiable f. Two gradients a step. β and h_t are differentiated. Where the
/// gradient is zero ∂x becomes that of the minimiser (see stationary.hpp).
struct NonlinearConjugateGradient {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  SecantSearch search{};                                    // for h_t

  /// @throws DomainError as SecantSearch::check.
  void check() const { search.check("nonlinear conjugate gradients"); }

  template <class V>
  struct State {
    V x;          // n, x_t
    V gradient;   // n, g_{t−1}, zero at first
    V direction;  // n, p_{t−1}, zero at first
  };
  template <class V>
  State<V> init(const V& x0) const {
    const V none(Vector(Vector::Zero(x0.size())));
    return {x0, none, none};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
