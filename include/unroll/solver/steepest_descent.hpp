#pragma once

#include "unroll/ad/reduce.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/quadratic_product.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {

/// Steepest descent with the exact line search (Cauchy 1847) on a quadratic:
///   x_{t+1} = x_t − h_t g,  g = ∇f(x_t),  h_t = gᵀg/gᵀHg.
/// For f quadratic in x, strictly convex. Two gradients a step, no option. h_t depends on θ and is
/// differentiated. Where no entry of g is above 1e-290 x stays as it is, and ∂x becomes that of the minimiser
/// (see stationary.hpp). @throws NumericalError if gᵀHg ≤ 0.
struct SteepestDescent {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    if (detail::is_stationary(value_of(g)))
      return {detail::stationary_step("steepest descent", f, s.x, g, theta)};
    const double size = detail::size_of(value_of(g));
    const V unit = g / size;
    const detail::CurvatureAlong<V> H =
        detail::curvature_along("steepest descent", f, s.x, g, unit, detail::length_at(value_of(s.x)), theta);
    const scalar_t<V> h = squared_norm(unit) / H.along;
    return {s.x - (size / H.size * h) * unit};
  }
};

}  // namespace unroll
