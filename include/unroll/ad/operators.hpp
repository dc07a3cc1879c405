#pragma once

#include "unroll/ad/dual.hpp"
#include "unroll/ad/engine.hpp"
#include "unroll/ad/linear_combination.hpp"
#include "unroll/ad/scale.hpp"

/// + and − between arrays, and multiplication and division by a scalar: for taped arrays (lazy, see
/// `LinearCombination`), and for duals. Plain arrays have Eigen's own.
/// @throws ShapeError naming operation and sizes if the shapes differ, TapeError for variables of different recordings.
namespace unroll {

namespace ad {

template <class T>
struct LinearTraits {};
template <>
struct LinearTraits<VarVector> {
  using Array = VarVector;
};
template <>
struct LinearTraits<VarMatrix> {
  using Array = VarMatrix;
};
template <class A>
struct LinearTraits<LinearCombination<A>> {
  using Array = A;
};
/// A taped array or a linear combination of them.
template <class T>
concept Linear = requires { typename LinearTraits<T>::Array; };
template <Linear T>
using linear_array_t = typename LinearTraits<T>::Array;

template <class T>
concept EigenMatrix = std::is_base_of_v<Eigen::MatrixBase<T>, T>;
template <class T, class A>
concept Summand = (Linear<T> && std::is_same_v<linear_array_t<T>, A>) || (EigenMatrix<T> && std::is_constructible_v<A, T>);

/// sum ± x for whatever x is.
template <class A, class T>
void accumulate(LinearCombination<A>& sum, const T& x, double sign, const char* operation) {
  if constexpr (Linear<T>) {
    sum.add(x, sign, operation);
  } else if constexpr (std::is_same_v<T, typename A::Plain>) {
    sum.add_constant(x.data(), {x.rows(), x.cols()}, sign, operation);
  } else {
    sum.add(A(x), sign, operation);
  }
}

template <class A, class L, class R>
LinearCombination<A> combine(const L& left, const R& right, double sign, const char* operation) {
  if constexpr (std::is_same_v<L, LinearCombination<A>>) {
    LinearCombination<A> sum = left;
    accumulate(sum, right, sign, operation);
    return sum;
  } else {
    LinearCombination<A> sum(Shape{left.rows(), left.cols()});
    if constexpr (!Linear<L> && Linear<R>) {  // the variable first: it says whose memory the constant may take
      accumulate(sum, right, sign, operation);
      accumulate(sum, left, 1, operation);
    } else {
      accumulate(sum, left, 1, operation);
      accumulate(sum, right, sign, operation);
    }
    return sum;
  }
}

template <class A, class L>
LinearCombination<A> scaled(const L& x, double factor) {
  LinearCombination<A> sum(Shape{x.rows(), x.cols()});
  accumulate(sum, x, factor, "*");
  return sum;
}

}  // namespace ad

template <ad::Linear L, ad::Summand<ad::linear_array_t<L>> R>
auto operator+(const L& left, const R& right) {
  return ad::combine<ad::linear_array_t<L>>(left, right, 1, "+");
}
template <ad::EigenMatrix L, ad::Linear R>
  requires ad::Summand<L, ad::linear_array_t<R>>
auto operator+(const L& left, const R& right) {
  return ad::combine<ad::linear_array_t<R>>(left, right, 1, "+");
}
template <ad::Linear L, ad::Summand<ad::linear_array_t<L>> R>
auto operator-(const L& left, const R& right) {
  return ad::combine<ad::linear_array_t<L>>(left, right, -1, "-");
}
template <ad::EigenMatrix L, ad::Linear R>
  requires ad::Summand<L, ad::linear_array_t<R>>
auto operator-(const L& left, const R& right) {
  return ad::combine<ad::linear_array_t<R>>(left, right, -1, "-");
}
template <ad::Linear L>
auto operator-(const L& x) {
  return ad::scaled<ad::linear_array_t<L>>(x, -1);
}
template <ad::Number T, ad::Linear L>
auto operator*(T factor, const L& x) {
  return ad::scaled<ad::linear_array_t<L>>(x, static_cast<double>(factor));
}
template <ad::Linear L, ad::Number T>
auto operator*(const L& x, T factor) {
  return ad::scaled<ad::linear_array_t<L>>(x, static_cast<double>(factor));
}
template <ad::Linear L, ad::Number T>
auto operator/(const L& x, T divisor) {
  return ad::scaled<ad::linear_array_t<L>>(x, 1.0 / static_cast<double>(divisor));
}
template <ScalarExpression S, ad::Linear L>
ad::linear_array_t<L> operator*(const S& factor, const L& x) {
  return ad::scale_array(Var(factor), ad::linear_array_t<L>(x));
}
template <ad::Linear L, ScalarExpression S>
ad::linear_array_t<L> operator*(const L& x, const S& factor) {
  return ad::scale_array(Var(factor), ad::linear_array_t<L>(x));
}
template <ad::Linear L, ScalarExpression S>
ad::linear_array_t<L> operator/(const L& x, const S& divisor) {
  return ad::scale_array(Var(1.0 / divisor), ad::linear_array_t<L>(x));
}

// ---- duals ------------------------------------------------------------------------------------------------------

namespace ad {
template <class T>
concept DualisedArray = std::is_base_of_v<DualArray, T>;
/// left + sign · right. @throws ShapeError
DualArray sum_of(const DualArray& left, const DualArray& right, double sign, const char* operation);
}  // namespace ad

template <ad::DualisedArray A, class R>
  requires std::is_convertible_v<R, A>
A operator+(const A& left, const R& right) {
  return A(ad::sum_of(left, static_cast<const A&>(right), 1, "+"));
}
template <ad::EigenMatrix L, ad::DualisedArray A>
  requires std::is_convertible_v<L, A>
A operator+(const L& left, const A& right) {
  return A(ad::sum_of(static_cast<const A&>(A(left)), right, 1, "+"));
}
template <ad::DualisedArray A, class R>
  requires std::is_convertible_v<R, A>
A operator-(const A& left, const R& right) {
  return A(ad::sum_of(left, static_cast<const A&>(right), -1, "-"));
}
template <ad::EigenMatrix L, ad::DualisedArray A>
  requires std::is_convertible_v<L, A>
A operator-(const L& left, const A& right) {
  return A(ad::sum_of(static_cast<const A&>(A(left)), right, -1, "-"));
}
template <ad::DualisedArray A>
A operator-(const A& x) {
  return -1.0 * x;
}
template <ad::Number T, ad::DualisedArray A>
A operator*(T factor, const A& x) {
  return A(DualArray(x.shape(), static_cast<double>(factor) * x.block()));
}
template <ad::DualisedArray A, ad::Number T>
A operator*(const A& x, T factor) {
  return static_cast<double>(factor) * x;
}
template <ad::DualisedArray A, ad::Number T>
A operator/(const A& x, T divisor) {
  return (1.0 / static_cast<double>(divisor)) * x;
}
template <ad::DualisedArray A>
A operator*(const Dual& factor, const A& x) {
  return ad::scale_array(factor, x);
}
template <ad::DualisedArray A>
A operator*(const A& x, const Dual& factor) {
  return ad::scale_array(factor, x);
}
template <ad::DualisedArray A>
A operator/(const A& x, const Dual& divisor) {
  return ad::scale_array(1.0 / divisor, x);
}

}  // namespace unroll
