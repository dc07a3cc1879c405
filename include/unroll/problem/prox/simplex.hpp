#pragma once

#include "unroll/ad/reduce.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

namespace detail {
/// 1 at the entries that are positive in the projection of v onto the simplex, else 0; n.
Vector simplex_support(const Vector& v, double total);
/// The signs of v where `support` is 1, 0 where it is 0.
Vector signs_of(const Vector& v, const Vector& support);
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
