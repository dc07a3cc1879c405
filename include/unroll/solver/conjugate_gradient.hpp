#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"

namespace unroll {

/// Conjugate gradients (Hestenes & Stiefel 1952) on a quadratic, with g_t = ∇f(x_t) and p_0 = −g_0:
///   α = gᵀg/pᵀHp,  x_{t+1} = x_t + α p,  g_{t+1} = g_t + α H p,
///   β = g_{t+1}ᵀg_{t+1}/gᵀg,  p_{t+1} = −g_{t+1} + β p.
/// For f quadratic in x, strictly convex; ends after n steps but for rounding. H p is ∇f(p) − ∇f(0): one
/// gradient a step, three in the first. α and β are differentiated. Where no entry of g is above 1e-290 x
/// stays as it is, and ∂x becomes that of the minimiser (see stationary.hpp).
/// @throws NumericalError if pᵀHp ≤ 0.
struct ConjugateGradient {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  template <class V>
  struct State {
    V x;          // n, x_t
    V gradient;   // n, g_t; from the first step on, as the rest
    V direction;  // n, p_t
    V origin;     // n, ∇f(0)
  };
  template <class V>
  State<V> init(const V& x0) const {
    const V none(Vector(Vector::Zero(x0.size())));
    return {x0, none, none, none};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
