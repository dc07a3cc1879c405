#pragma once

#include <cmath>

#include "unroll/ad/reduce.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll {

/// FISTA (Beck & Teboulle 2009) for min_x f(x, θ) + ψ(x, θ), with a_0 = 1:
///   x_{t+1} = prox_{hψ}(y − h ∇f(y)),  y = x_t + ((a_{t−1} − 1)/a_t)(x_t − x_{t−1}),
///   a_{t+1} = (1 + (1 + 4a_t²)^½)/2.
/// Converges for h ≤ 1/L where f is convex with an L-Lipschitz gradient and ψ is convex. With `restart`, a
/// starts again at 1 whenever the momentum points uphill, (y − x_{t+1})ᵀ(x_{t+1} − x_t) > 0 (O'Donoghue &
/// Candès 2015): fast on strongly convex problems. h and the a_t are frozen with respect to θ.
template <class Term>
struct Fista {
  static constexpr Equation equation = Equation::fixed_point;  // see equation.hpp
  double step_size;                                            // h > 0
  Term term{};                                                 // ψ, see prox_terms.hpp
  bool restart = false;                                        // a branch on the data

  /// @throws DomainError unless h is positive and finite.
  void check() const { detail::check_step_size("FISTA", step_size); }

  template <class V>
  struct State {
    V x;              // n, x_t
    V previous;       // n, x_{t−1}
    double momentum;  // (a_{t−1} − 1)/a_t
    double a;         // a_t
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, 0, 1};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V y = s.x + s.momentum * (s.x - s.previous);
    const V x = detail::proximal_point(term, V(y - step_size * f.gradient(y, theta)), step_size, theta);
    if (restart && (value_of(y) - value_of(x)).dot(value_of(x) - value_of(s.x)) > 0) return {x, x, 0, 1};
    const double a = (1 + std::sqrt(1 + 4 * s.a * s.a)) / 2;
    return {x, s.x, (s.a - 1) / a, a};
  }
  /// Of the frozen step ‖∂Φ‖ ≤ ‖I − hH‖ ≤ 1 − hℓ for h ≤ 1/L, as the prox of a convex ψ stretches nothing.
  /// See solver.hpp.
  double contraction(double smallest_eigenvalue) const { return 1 - step_size * smallest_eigenvalue; }
  /// See detail::turns, and solver.hpp.
  template <class V>
  bool solves(const Oracle<V>& f, const State<V>& s, const V& theta, double tolerance) const {
    return detail::turns(term, step_size, f, s.x, theta, tolerance);
  }
  /// The step without momentum, from x_t: it has the same fixed points.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V v = s.x - step_size * f.gradient(s.x, theta);
    return {detail::proximal_point(term, v, step_size, theta), s.previous, s.momentum, s.a};
  }
};

}  // namespace unroll
