#pragma once

#include "unroll/ad/elementwise.hpp"

/// Reductions of arrays to a scalar: `double`, `Dual` or `Var` as the array is. For a norm at 0 the
/// derivative is 0, the subgradient of least norm; `max` of an array passes to its first greatest entry.
namespace unroll {

namespace ad {
template <class A, class B>
scalar_of_t<common_array_t<A, B>> inner_product(const A& a, const B& b);
template <class A>
scalar_of_t<A> sum_entries(const A& x);
template <class A>
scalar_of_t<A> squared_length(const A& x);
template <class A>
scalar_of_t<A> length(const A& x);
template <class A>
scalar_of_t<A> stable_log_sum_exp(const A& x);
template <class A>
scalar_of_t<A> greatest(const A& x, bool smallest);
}  // namespace ad

/// ⟨a, b⟩; of matrices, Σ a_ij b_ij. @throws ShapeError
template <class A, class B>
requires ad::SameWorld<A, B>
auto dot(const A& a, const B& b) { return ad::inner_product(ad::materialise(a), ad::materialise(b)); }
/// Σ x_i
template <ad::AnyArray T>
scalar_t<T> sum(const T& x) {
  return ad::sum_entries(ad::materialise(x));
}
/// Σ x_i / n. @throws ShapeError if x is empty.
template <ad::AnyArray T>
scalar_t<T> mean(const T& x) {
  if (x.size() == 0) throw ShapeError("mean: of an empty array");
  return ad::sum_entries(ad::materialise(x)) / static_cast<double>(x.size());
}
/// Σ x_i²
template <ad::AnyArray T>
scalar_t<T> squared_norm(const T& x) {
  return ad::squared_length(ad::materialise(x));
}
/// (Σ x_i²)^{1/2}
template <ad::AnyArray T>
scalar_t<T> norm(const T& x) {
  return ad::length(ad::materialise(x));
}
/// log Σ e^{x_i}, stable for entries of any size. @throws ShapeError if x is empty.
template <ad::AnyArray T>
scalar_t<T> log_sum_exp(const T& x) {
  return ad::stable_log_sum_exp(ad::materialise(x));
}
/// Greatest and smallest entry. @throws ShapeError if x is empty.
/// @{
template <ad::AnyArray T>
scalar_t<T> max(const T& x) {
  return ad::greatest(ad::materialise(x), false);
}
template <ad::AnyArray T>
scalar_t<T> min(const T& x) {
  return ad::greatest(ad::materialise(x), true);
}
/// @}

}  // namespace unroll
