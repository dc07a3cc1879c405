#pragma once

#include <concepts>

#include "unroll/ad/access.hpp"
#include "unroll/ad/prox.hpp"
#include "unroll/ad/value_of.hpp"

/// The terms ψ of a composite problem min_x f(x, θ) + ψ(x, θ), each by its proximal map
///   prox_{hψ}(v) = argmin_x ψ(x, θ) + ‖x − v‖²/(2h).
/// A term is a functor (v, step, theta) → x, a template over the array type V; a user's own is no different.
/// Its derivative is that of the piece of the map on which v lies: where x_t comes to rest on a piece (active
/// set, support), the unrolled Jacobian converges to that of the minimiser.
namespace unroll {

/// A functor that can stand for prox_{hψ} over arrays V.
template <class T, class V>
concept ProxTerm = requires(const T& term, const V& v, double step, const V& theta) {
  { term(v, step, theta) } -> std::convertible_to<V>;
};

namespace detail {
/// @throws ShapeError naming both unless θ, of p entries, has the parameter.
void check_parameter(Index parameter, Index p);
}  // namespace detail

/// ψ = λ‖x‖₁: the soft threshold hλ. λ = weight, or weight · θ[parameter] where parameter ≥ 0: then λ is
/// differentiated. @throws DomainError if λ is negative, ShapeError if θ has no such entry.
struct L1 {
  double weight = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  /// prox_{hψ}(v), n, for h = `step`.
  template <class V>
  V operator()(const V& v, double step, const V& theta) const {
    if (parameter < 0) return soft_threshold(v, step * weight);
    detail::check_parameter(parameter, theta.size());
    const scalar_t<V> threshold = step * weight * theta[parameter];
    return soft_threshold(v, threshold);
  }
};

/// ψ = 0 where lower ≤ x ≤ upper, entry by entry, else ∞: the projection. Bounds may be infinite.
/// @throws ShapeError if a bound has another size than x, DomainError if lower > upper.
struct Box {
  Vector lower;  // n
  Vector upper;  // n

  /// The projection of v, n; the same for every step.
  template <class V>
  V operator()(const V& v, double, const V&) const {
    return box_projection(v, lower, upper);
  }
};

namespace detail {
/// 1 at the entries that are positive in the projection of v onto the simplex, else 0; n.
Vector simplex_support(const Vector& v, double total);
}  // namespace detail

/// ψ = 0 where x ≥ 0 and Σ x_i = total, else ∞: the projection x_i = max(v_i − τ, 0), with τ found by sorting
/// (Held, Wolfe & Crowder 1974; Duchi et al., ICML 2008). The derivative holds the support constant.
/// @throws DomainError unless total is positive and finite.
struct Simplex {
  double total = 1;  // > 0

  /// The projection of v, n; the same for every step.
  template <class V>
  V operator()(const V& v, double, const V&) const {
    const Vector support = detail::simplex_support(value_of(v), total);
    const scalar_t<V> excess = (dot(support, v) - total) / support.sum();
    const V ones(Vector(Vector::Ones(support.size())));
    return cwise_product(support, V(v - excess * ones));
  }
};

}  // namespace unroll
