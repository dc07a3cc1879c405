#pragma once

#include <utility>

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/engine.hpp"
#include "unroll/ad/linear_combination.hpp"
#include "unroll/ad/scale.hpp"

/// + and − between arrays, and multiplication and division by a scalar: for taped arrays (lazy, see
/// `LinearCombination`), and for duals. Plain arrays have Eigen's own.
/// @throws ShapeError naming operation and sizes if the shapes differ, TapeError for variables of different
/// recordings.
namespace unroll {

namespace ad {

/// What an expression stands for: the array that a linear combination or an Eigen expression evaluates to.
template <class T>
struct ArrayOf {};
template <class T>
requires TapedArray<T> || DualisedArray<T>
struct ArrayOf<T> {
  using type = T;
};
template <class A>
struct ArrayOf<LinearCombination<A>> {
  using type = A;
};
template <PlainArray T>
struct ArrayOf<T> {
  using type = std::conditional_t<T::ColsAtCompileTime == 1, Vector, Matrix>;
};
template <class T>
concept AnyArray = requires {
  typename ArrayOf<T>::type;
};
template <AnyArray T>
using array_t = typename ArrayOf<T>::type;

/// A taped array or a linear combination of them.
template <class T>
concept Linear = AnyArray<T> && TapedArray<array_t<T>>;

template <class T, class A>
concept Summand = (Linear<T> && std::is_same_v<array_t<T>, A>) ||
                  (EigenMatrix<T> && std::is_constructible_v<A, T>);

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

/// left + sign · right. A linear combination that is a temporary is added to, not copied.
template <class A, class L, class R>
LinearCombination<A> combine(L&& left, R&& right, double sign, const char* operation) {
  using Left = std::remove_cvref_t<L>;
  using Right = std::remove_cvref_t<R>;
  if constexpr (std::is_same_v<L, LinearCombination<A>>) {
    accumulate(left, right, sign, operation);
    return std::move(left);
  } else if constexpr (std::is_same_v<R, LinearCombination<A>>) {
    if (sign != 1) right.scale(sign);
    accumulate(right, left, 1, operation);
    return std::move(right);
  } else {
    LinearCombination<A> sum(Shape{left.rows(), left.cols()});
    if constexpr (!Linear<Left> &&
                  Linear<Right>) {  // the variable first: it says whose memory a constant may take
      accumulate(sum, right, sign, operation);
      accumulate(sum, left, 1, operation);
    } else {
      accumulate(sum, left, 1, operation);
      accumulate(sum, right, sign, operation);
    }
    return sum;
  }
}

template <class L>
auto scaled(L&& x, double factor) -> LinearCombination<array_t<std::remove_cvref_t<L>>> {
  using A = array_t<std::remove_cvref_t<L>>;
  if constexpr (std::is_same_v<L, LinearCombination<A>>) {
    x.scale(factor);
    return std::move(x);
  } else {
    LinearCombination<A> sum(Shape{x.rows(), x.cols()});
    accumulate(sum, x, factor, "*");
    return sum;
  }
}

/// The same for a scalar expression: one that is constant is a number.
template <class L>
auto scaled_by(const Var& factor, L&& x) -> LinearCombination<array_t<std::remove_cvref_t<L>>> {
  using A = array_t<std::remove_cvref_t<L>>;
  if (factor.is_constant()) return scaled(std::forward<L>(x), factor.value());
  return LinearCombination<A>(scale_array(factor, A(std::forward<L>(x))));
}

/// The taped array that an operation on L and R gives; both must fit it.
template <class L, class R>
struct SumTraits {};
template <Linear L, class R>
requires Summand<R, array_t<L>>
struct SumTraits<L, R> {
  using Array = array_t<L>;
};
template <EigenMatrix L, Linear R>
requires Summand<L, array_t<R>>
struct SumTraits<L, R> {
  using Array = array_t<R>;
};
template <class L, class R>
using sum_array_t = typename SumTraits<std::remove_cvref_t<L>, std::remove_cvref_t<R>>::Array;
template <class T>
concept LinearOperand = Linear<std::remove_cvref_t<T>>;

}  // namespace ad

/// a_i + b_i [a + b: n, n → n]; a_i − b_i [a - b: n, n → n]; −x_i [-x: n → n]; s x_i [s * x: 1, n → n]; x_i/s
/// [x / s: n, 1 → n]. Of taped arrays, s a number, it is a linear combination, not yet computed. One side of
/// a sum may be plain. @throws ShapeError if the shapes differ, TapeError for variables of different
/// recordings.
/// @{
template <class L, class R, class A = ad::sum_array_t<L, R>>
LinearCombination<A> operator+(L&& left, R&& right) {
  return ad::combine<A>(std::forward<L>(left), std::forward<R>(right), 1, "+");
}
template <class L, class R, class A = ad::sum_array_t<L, R>>
LinearCombination<A> operator-(L&& left, R&& right) {
  return ad::combine<A>(std::forward<L>(left), std::forward<R>(right), -1, "-");
}
template <ad::LinearOperand L>
auto operator-(L&& x) {
  return ad::scaled(std::forward<L>(x), -1);
}
template <ad::Number T, ad::LinearOperand L>
auto operator*(T factor, L&& x) {
  return ad::scaled(std::forward<L>(x), static_cast<double>(factor));
}
template <ad::LinearOperand L, ad::Number T>
auto operator*(L&& x, T factor) {
  return ad::scaled(std::forward<L>(x), static_cast<double>(factor));
}
template <ad::LinearOperand L, ad::Number T>
auto operator/(L&& x, T divisor) {
  return ad::scaled(std::forward<L>(x), 1.0 / static_cast<double>(divisor));
}
/// @}
/// s x and x/s for a scalar expression s: one node beside those of s and x, computed at once; none for s x
/// where s is a constant, a number as above. @throws TapeError for variables of different recordings.
/// @{
template <ScalarExpression S, ad::LinearOperand L>
auto operator*(const S& factor, L&& x) {
  return ad::scaled_by(Var(factor), std::forward<L>(x));
}
template <ad::LinearOperand L, ScalarExpression S>
auto operator*(L&& x, const S& factor) {
  return ad::scaled_by(Var(factor), std::forward<L>(x));
}
template <ad::Linear L, ScalarExpression S>
ad::array_t<L> operator/(const L& x, const S& divisor) {
  return ad::divide_array(ad::array_t<L>(x), Var(divisor));
}
/// @}

// ---- duals

namespace ad {
DualArray scaled(double factor, const DualArray& x);
/// left + sign · right. @throws ShapeError
DualArray sum_of(const DualArray& left, const DualArray& right, double sign, const char* operation);
}  // namespace ad

/// left ± right, −x, s x and x/s of arrays with tangents, s a number or a `Dual`. One side of a sum may be
/// plain. @throws ShapeError if the shapes differ, or both operands have tangents, in different numbers.
/// @{
template <ad::DualisedArray A, class R>
requires std::is_convertible_v<R, A> A operator+(const A& left, const R& right) {
  return A(ad::sum_of(left, static_cast<const A&>(right), 1, "+"));
}
template <ad::EigenMatrix L, ad::DualisedArray A>
requires std::is_convertible_v<L, A> A operator+(const L& left, const A& right) {
  return A(ad::sum_of(static_cast<const A&>(A(left)), right, 1, "+"));
}
template <ad::DualisedArray A, class R>
requires std::is_convertible_v<R, A> A operator-(const A& left, const R& right) {
  return A(ad::sum_of(left, static_cast<const A&>(right), -1, "-"));
}
template <ad::EigenMatrix L, ad::DualisedArray A>
requires std::is_convertible_v<L, A> A operator-(const L& left, const A& right) {
  return A(ad::sum_of(static_cast<const A&>(A(left)), right, -1, "-"));
}
template <ad::DualisedArray A>
A operator-(const A& x) {
  return -1.0 * x;
}
template <ad::Number T, ad::DualisedArray A>
A operator*(T factor, const A& x) {
  return A(ad::scaled(static_cast<double>(factor), x));
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
  return ad::divide_array(x, divisor);
}
/// @}

}  // namespace unroll
