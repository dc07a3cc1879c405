#pragma once

#include <utility>

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/engine.hpp"
#include "unroll/ad/linear_combination.hpp"

/// + and − between arrays, and multiplication and division by a scalar: for taped arrays (lazy, see
/// `LinearCombination`), and for duals. Plain arrays have Eigen's own.
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

/// The types of a world, of the plain one, the taped one, the dual one.
template <class S, class V, class M>
struct World {
  using Scalar = S;
  using Vector = V;
  using Matrix = M;
};
template <class A>
using world_t = std::conditional_t<
    PlainArray<A>, World<double, Vector, Matrix>,
    std::conditional_t<TapedArray<A>, World<Var, VarVector, VarMatrix>, World<Dual, DualVector, DualMatrix>>>;

}  // namespace ad

/// The scalars, the vector and the matrix of V's world: double, Var or Dual; Vector, VarVector or DualVector;
/// Matrix, VarMatrix or DualMatrix.
/// @{
template <ad::AnyArray V>
using scalar_t = typename ad::world_t<ad::array_t<V>>::Scalar;
template <ad::AnyArray V>
using vector_t = typename ad::world_t<ad::array_t<V>>::Vector;
template <ad::AnyArray V>
using matrix_t = typename ad::world_t<ad::array_t<V>>::Matrix;
/// @}

namespace ad {

/// A taped array or a linear combination of them.
template <class T>
concept Linear = AnyArray<T> && TapedArray<array_t<T>>;
/// The same, or a dual array.
template <class T>
concept Differentiable = Linear<T> || DualisedArray<T>;
template <class T>
concept DifferentiableOperand = Differentiable<std::remove_cvref_t<T>>;

template <class T, class A>
concept Summand = (Differentiable<T> && std::is_same_v<array_t<T>, A>) ||
                  (EigenMatrix<T> && std::is_constructible_v<A, T>);

/// The scalars that may stand beside an array: of its own world, or a number.
template <class S, class A>
concept ScalarBeside = Number<S> ||(TapedArray<array_t<A>>&& ScalarExpression<S>) ||
                       (DualisedArray<array_t<A>> && std::is_same_v<S, Dual>);

/// left + sign · right, and factor · x. @throws ShapeError
/// @{
DualArray sum_of(const DualArray& left, const DualArray& right, double sign, const char* operation);
DualArray multiple_of(const DualArray& x, double factor);
/// @}
/// s · x and x / s for a scalar s that has a derivative, as one node.
/// @{
VarArray scale_array(const Var& s, const VarArray& x);
DualArray scale_array(const Dual& s, const DualArray& x);
VarArray divide_array(const VarArray& x, const Var& s);
DualArray divide_array(const DualArray& x, const Dual& s);
/// @}

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
auto combine(L&& left, R&& right, double sign, const char* operation) {
  if constexpr (DualisedArray<A>) {
    return A(sum_of(static_cast<const A&>(left), static_cast<const A&>(right), sign, operation));
  } else if constexpr (std::is_same_v<L, LinearCombination<A>>) {
    accumulate(left, right, sign, operation);
    return std::move(left);
  } else if constexpr (std::is_same_v<R, LinearCombination<A>>) {
    if (sign != 1) right.scale(sign);
    accumulate(right, left, 1, operation);
    return std::move(right);
  } else {
    LinearCombination<A> sum(Shape{left.rows(), left.cols()});
    if constexpr (Linear<std::remove_cvref_t<L>>) {
      accumulate(sum, left, 1, operation);
      accumulate(sum, right, sign, operation);
    } else {  // the variable first: it says whose memory a constant may take
      accumulate(sum, right, sign, operation);
      accumulate(sum, left, 1, operation);
    }
    return sum;
  }
}

/// factor · x; a scalar that is constant is a number.
template <class L, class S>
auto scaled(L&& x, const S& factor) {
  using A = array_t<std::remove_cvref_t<L>>;
  if constexpr (DualisedArray<A>) {
    if constexpr (Number<S>)
      return A(multiple_of(x, static_cast<double>(factor)));
    else
      return A(scale_array(factor, x));
  } else if constexpr (!Number<S>) {
    const Var s(factor);
    if (s.is_constant()) return scaled(std::forward<L>(x), s.value());
    return LinearCombination<A>(A(scale_array(s, A(std::forward<L>(x)))));
  } else if constexpr (std::is_same_v<L, LinearCombination<A>>) {
    x.scale(static_cast<double>(factor));
    return std::move(x);
  } else {
    LinearCombination<A> sum(Shape{x.rows(), x.cols()});
    accumulate(sum, x, static_cast<double>(factor), "*");
    return sum;
  }
}
template <class L, class S>
auto divided(L&& x, const S& divisor) {
  using A = array_t<std::remove_cvref_t<L>>;
  if constexpr (Number<S>)
    return scaled(std::forward<L>(x), 1.0 / static_cast<double>(divisor));
  else
    return A(divide_array(static_cast<const A&>(x), divisor));
}

/// The array that a sum of L and R is of; both must fit it.
template <class L, class R>
struct SumTraits {};
template <Differentiable L, class R>
requires Summand<R, array_t<L>>
struct SumTraits<L, R> {
  using Array = array_t<L>;
};
template <EigenMatrix L, Differentiable R>
requires Summand<L, array_t<R>>
struct SumTraits<L, R> {
  using Array = array_t<R>;
};
template <class L, class R>
using sum_array_t = typename SumTraits<std::remove_cvref_t<L>, std::remove_cvref_t<R>>::Array;

}  // namespace ad

/// a_i + b_i [a + b: n, n → n]; a_i − b_i [a - b: n, n → n]; −x_i [-x: n → n]; s x_i [s * x: 1, n → n]; x_i/s
/// [x / s: n, 1 → n]. One side of a sum may be plain. Of taped arrays, s a number or a constant, it is a
/// linear combination, not yet computed; with another scalar, computed at once, one node beside those of s
/// and x.
/// @throws ShapeError if the shapes differ, or both operands have tangents, in different numbers; TapeError
/// for variables of different recordings.
/// @{
template <class L, class R, class A = ad::sum_array_t<L, R>>
auto operator+(L&& left, R&& right) {
  return ad::combine<A>(std::forward<L>(left), std::forward<R>(right), 1, "+");
}
template <class L, class R, class A = ad::sum_array_t<L, R>>
auto operator-(L&& left, R&& right) {
  return ad::combine<A>(std::forward<L>(left), std::forward<R>(right), -1, "-");
}
template <ad::DifferentiableOperand L>
auto operator-(L&& x) {
  return ad::scaled(std::forward<L>(x), -1);
}
template <class S, ad::DifferentiableOperand L>
requires ad::ScalarBeside<S, std::remove_cvref_t<L>>
auto operator*(const S& factor, L&& x) { return ad::scaled(std::forward<L>(x), factor); }
template <ad::DifferentiableOperand L, class S>
requires ad::ScalarBeside<S, std::remove_cvref_t<L>>
auto operator*(L&& x, const S& factor) { return ad::scaled(std::forward<L>(x), factor); }
template <ad::DifferentiableOperand L, class S>
requires ad::ScalarBeside<S, std::remove_cvref_t<L>>
auto operator/(L&& x, const S& divisor) { return ad::divided(std::forward<L>(x), divisor); }
/// @}

}  // namespace unroll
