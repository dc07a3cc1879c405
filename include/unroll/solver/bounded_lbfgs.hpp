#pragma once

#include "unroll/problem/prox/box.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/secant_search.hpp"

namespace unroll {

/// L-BFGS for min_x f(x, θ) subject to lower ≤ x ≤ upper, by projection in two metrics (Bertsekas, Projected
/// Newton methods, 1982): an entry is held where it is on a bound and the gradient presses against it; with F
/// the others and Π the projection onto the box,
///   x_{t+1} = Π(x_t + h_t p_t),  p_F = −B_t ∇f(x_t)_F,
/// B_t from the pairs of Lbfgs, in F alone. h_t is the secant's, as in SecantSearch, with both points inside
/// the box, then shortened until Armijo's condition holds along the projected path. f is asked nowhere
/// outside the box. Two gradients a step.
///
/// B_t and h_t are differentiated, which entries are held, how often h was shortened and which bounds cut it
/// are branches. The fixed point is that of x = Π(x − h∇f(x, θ)), which `frozen_step` has: entries held by a
/// bound do not move with θ, the others by the H of theirs alone. An entry on a bound with a zero gradient is
/// at a kink; one with an infinite gradient, that of √x at 0 say, is held. @throws NumericalError where f is
/// not finite at x.
struct BoundedLbfgs {
  static constexpr Equation equation = Equation::fixed_point;  // see equation.hpp
  Box box;                                                     // entries may be infinite
  Index memory = 10;                                           // pairs, ≥ 1
  SecantSearch search{};                                       // for h_t

  /// @throws DomainError unless memory ≥ 1, and as SecantSearch::check; ShapeError, DomainError for bounds of
  /// two sizes, or that cross.
  void check() const;

  /// x_t is in the box.
  template <class V>
  using State = Lbfgs::State<V>;
  template <class V>
  State<V> init(const V& x0) const {
    return Lbfgs{}.init(V(box(x0, 1, x0)));
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// Whether Π(x − h∇f(x, θ)), h as below, is x to the tolerance: a short step may be one that was cut short.
  template <class V>
  bool solves(const Oracle<V>& f, const State<V>& s, const V& theta, double tolerance) const;
  /// The same x, with the derivative of Π(x − h∇f(x, θ)), h the least sᵀy/yᵀy of the pairs.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
