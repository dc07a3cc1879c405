#pragma once

#include "unroll/ad/reduce.hpp"

/// Proximal maps, whose derivative is that of the piece the point lies in.
namespace unroll {

namespace ad {
template <class A, class T>
A soft_thresholded(const A& x, const T& threshold);
template <class A, class L, class U>
A projected_to_box(const A& x, const L& lower, const U& upper);
/// T, an array or a scalar, in the world of the array A.
template <class A, class T>
using beside_t = std::conditional_t<AnyArray<T>, A, scalar_t<A>>;
}  // namespace ad

/// sign(x_i) max(|x_i| − τ, 0) [soft_threshold(x, τ): n → n], the proximal map of τ‖·‖_1. τ ≥ 0 is a number,
/// a scalar or a vector of the kind of x. At |x_i| = τ > 0 the derivative is 0, at x_i = τ = 0 it is 1 in x
/// and 0 in τ. @throws DomainError if τ is negative, ShapeError if a vector τ has another size.
template <ad::AnyArray V, class T>
requires(ad::AnyArray<T> ||
         std::is_convertible_v<T, scalar_t<V>>) ad::array_t<V> soft_threshold(const V& x,
                                                                              const T& threshold) {
  return ad::soft_thresholded(ad::materialise(x), ad::beside_t<ad::array_t<V>, T>(threshold));
}

/// The nearest point with lower ≤ x ≤ upper [box_projection(x, lower, upper): n → n]. Each bound is a number
/// or a vector of the kind of x. An entry inside, or on a bound, has slope 1 in x; outside, 1 in the bound;
/// where the bounds are one, 1 in it and 0 in x. @throws DomainError if lower > upper, ShapeError for other
/// sizes.
template <ad::AnyArray V, class L, class U>
ad::array_t<V> box_projection(const V& x, const L& lower, const U& upper) {
  using A = ad::array_t<V>;
  return ad::projected_to_box(ad::materialise(x), ad::beside_t<A, L>(lower), ad::beside_t<A, U>(upper));
}

}  // namespace unroll
