#pragma once

#include "unroll/ad/plain.hpp"
#include "unroll/ad/prox.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/problem/prox/simplex.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = 0 where ‖x‖ ≤ r, else ∞, in three norms: the nearest point of the ball. r = radius, or radius ·
/// θ[parameter] where parameter ≥ 0: then r is differentiated. @throws DomainError if r is negative,
/// ShapeError if θ has no such entry.
/// @{
/// ‖x‖₁ ≤ r: soft thresholding by what the projection of |v| onto the simplex takes off (Duchi et al. 2008).
struct L1Ball {
  double radius = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  /// The projection of v, n; the same for every step.
  template <class V>
  V operator()(const V& v, double, const V& theta) const {
    const scalar_t<V> r = detail::weight_of("l1 ball", radius, parameter, theta);
    const Vector &at = value_of(v), size = unroll::abs(at);
    if (value_of(r) == 0) return V(0.0 * v);                                           // one point
    if (size.sum() <= value_of(r) || !ad::are_finite(at.data(), at.size())) return v;  // (a NaN is passed on)
    const Vector support = detail::simplex_support(size, value_of(r));
    const Vector signs = detail::signs_of(at, support);
    return soft_threshold(v, scalar_t<V>((dot(signs, v) - r) / support.sum()));
  }
};
/// ‖x‖₂ ≤ r.
struct L2Ball {
  double radius = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  template <class V>
  V operator()(const V& v, double, const V& theta) const {
    const scalar_t<V> r = detail::weight_of("l2 ball", radius, parameter, theta);
    const double size = value_of(v).stableNorm();
    if (size == 0 && value_of(r) == 0) return V(0.0 * v);  // one point
    if (size <= value_of(r)) return v;
    return V(scalar_t<V>(r / norm(v)) * v);
  }
};
/// max_i |x_i| ≤ r.
struct LInfBall {
  double radius = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  template <class V>
  V operator()(const V& v, double, const V& theta) const {
    const scalar_t<V> r = detail::weight_of("l-infinity ball", radius, parameter, theta);
    return box_projection(v, scalar_t<V>(-1.0 * r), r);
  }
};
/// @}

}  // namespace unroll
