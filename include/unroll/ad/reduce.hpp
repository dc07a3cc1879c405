#pragma once

#include "unroll/ad/elementwise.hpp"

/// Reductions of arrays to a scalar: `double`, `Dual` or `Var` as the array is. For a norm at 0 the
/// derivative is 0, the subgradient of least norm; `max` of an array passes to its first greatest entry.
namespace unroll {

namespace ad {
/// On `erased` arrays.
/// @{
template <class A, class B>
scalar_t<erased_result_t<A, B>> inner_product(const A& a, const B& b);
template <class E>
scalar_t<E> sum_entries(const E& x);
template <class E>
scalar_t<E> squared_length(const E& x);
template <class E>
scalar_t<E> length(const E& x);
template <class E>
scalar_t<E> stable_log_sum_exp(const E& x);
template <class E>
scalar_t<E> greatest(const E& x, bool smallest);
/// @}
}  // namespace ad

/// ⟨a, b⟩ [dot(a, b): n, n → 1]. Of matrices, Σ a_ij b_ij. @throws ShapeError
template <class A, class B>
requires ad::SameWorld<A, B>
auto dot(const A& a, const B& b) {
  return ad::inner_product(ad::erased(ad::materialise(a)), ad::erased(ad::materialise(b)));
}
/// Σ x_i [sum(x): n → 1].
template <ad::AnyArray T>
scalar_t<T> sum(const T& x) {
  return ad::sum_entries(ad::erased(ad::materialise(x)));
}
/// Σ x_i / n [mean(x): n → 1]. @throws ShapeError if x is empty.
template <ad::AnyArray T>
scalar_t<T> mean(const T& x) {
  if (x.size() == 0) throw ShapeError("mean: of an empty array");
  return ad::sum_entries(ad::erased(ad::materialise(x))) / static_cast<double>(x.size());
}
/// Σ x_i² [squared_norm(x): n → 1].
template <ad::AnyArray T>
scalar_t<T> squared_norm(const T& x) {
  return ad::squared_length(ad::erased(ad::materialise(x)));
}
namespace ad {
/// The norm of a taped array: a variable that knows what it is the norm of, so that its square is smooth at
/// 0.
template <class A>
class NormOf : public Expression<NormOf<A>> {
 public:
  static constexpr std::uint32_t leaves = 1;
  explicit NormOf(const A& x) : array_(x), norm_(length(erased(x))) {}
  const A& array() const { return array_; }
  const Var& variable() const { return norm_; }
  double value() const { return norm_.value(); }
  bool is_constant() const { return norm_.is_constant(); }
  TapeCore* core() const { return norm_.core(); }
  double primal() const { return norm_.primal(); }
  void check(const char* operation) const { norm_.check(operation); }
  void push(StatementWriter& writer, double multiplier) const { norm_.push(writer, multiplier); }
  template <class P>
  P with_tangent(Index j) const {
    return norm_.template with_tangent<P>(j);
  }
  template <class P>
  void push_tangent(TangentWriter& writer, P multiplier) const {
    norm_.push_tangent(writer, multiplier);
  }

 private:
  A array_;
  Var norm_;
};
}  // namespace ad

/// (Σ x_i²)^½ [norm(x): n → 1]. At 0 the derivative is 0; second derivatives are those of what is smooth
/// there, as a Huber function of it (see Tape). Its square, square(norm(x)), pow(norm(x), 2) or norm(x) *
/// norm(x), is squared_norm(x).
/// @{
template <ad::AnyArray T>
auto norm(const T& x) {
  if constexpr (ad::TapedArray<ad::array_t<T>>)
    return ad::NormOf<ad::array_t<T>>(ad::materialise(x));
  else
    return ad::length(ad::erased(ad::materialise(x)));
}
template <class A>
Var square(const ad::NormOf<A>& norm) {
  return squared_norm(norm.array());
}
template <class A, ad::Number T>
Var pow(const ad::NormOf<A>& norm, T exponent) {
  return exponent == 2 ? square(norm) : Var(pow(norm.variable(), exponent));
}
template <class A, class B>
Var operator*(const ad::NormOf<A>& a, const ad::NormOf<B>& b) {
  const bool same = a.array().buffer() == b.array().buffer() && a.array().id() == b.array().id();
  return same ? square(a) : Var(a.variable() * b.variable());
}
/// @}
/// log Σ e^{x_i} [log_sum_exp(x): n → 1], for entries of any size. @throws ShapeError if x is empty.
template <ad::AnyArray T>
scalar_t<T> log_sum_exp(const T& x) {
  return ad::stable_log_sum_exp(ad::erased(ad::materialise(x)));
}
/// Greatest entry [max(x): n → 1]; smallest entry [min(x): n → 1]. Of a tie the derivative is that of the
/// first. @throws ShapeError if x is empty.
/// @{
template <ad::AnyArray T>
scalar_t<T> max(const T& x) {
  return ad::greatest(ad::erased(ad::materialise(x)), false);
}
template <ad::AnyArray T>
scalar_t<T> min(const T& x) {
  return ad::greatest(ad::erased(ad::materialise(x)), true);
}
/// @}

}  // namespace unroll
