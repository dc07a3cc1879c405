#pragma once

#include "unroll/ad/operators.hpp"

/// Elementwise functions of arrays. Each takes a `Vector`, `VarVector` or `DualVector` (a matrix likewise)
/// and gives the same kind and shape. Conventions at kinks and edges: |x|' = 0 at 0, √' = +∞ at 0, a tie in
/// max or min belongs to the first argument. A NaN is passed on.
namespace unroll {

using std::abs, std::atan, std::cos, std::cosh, std::exp, std::expm1, std::log, std::log1p, std::pow,
    std::sin, std::sinh, std::sqrt, std::tan, std::tanh;

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

/// The common kind of two arrays, one of which may be plain.
template <class A, class B>
using common_array_t = std::conditional_t<PlainArray<array_t<A>>, array_t<B>, array_t<A>>;
template <class A, class B>
concept SameWorld = AnyArray<A> && AnyArray<B> &&
    (PlainArray<array_t<A>> || PlainArray<array_t<B>> || std::is_same_v<array_t<A>, array_t<B>>);

/// Either the object itself or what it evaluates to.
template <AnyArray T>
decltype(auto) materialise(const T& x) {
  if constexpr (std::is_same_v<T, array_t<T>>)
    return (x);
  else
    return array_t<T>(x);
}

/// F over the entries of x: A one of Vector, Matrix, VarVector, VarMatrix, DualVector, DualMatrix.
template <class F, class A>
A elementwise(const A& x);
/// x_i^exponent.
template <class A>
A power(const A& x, double exponent);

/// a ∘ b and a / b; either may be plain. @throws ShapeError
template <class A, class B>
common_array_t<A, B> product(const A& a, const B& b);
template <class A, class B>
common_array_t<A, B> quotient(const A& a, const B& b);
template <class A, class B>
common_array_t<A, B> larger(const A& a, const B& b);
template <class A, class B>
common_array_t<A, B> smaller(const A& a, const B& b);

}  // namespace ad

#define UNROLL_ELEMENTWISE(name, F)                                    \
  template <ad::AnyArray T>                                            \
  ad::array_t<T> name(const T& x) {                                    \
    return ad::elementwise<ad::F, ad::array_t<T>>(ad::materialise(x)); \
  }
/// The function of every entry, in an array of the same kind and shape. |x|' = 0 at 0, √' = +∞ at 0.
/// @{
UNROLL_ELEMENTWISE(exp, Exp)
UNROLL_ELEMENTWISE(log, Log)
UNROLL_ELEMENTWISE(log1p, Log1p)
UNROLL_ELEMENTWISE(expm1, Expm1)
UNROLL_ELEMENTWISE(sqrt, Sqrt)
UNROLL_ELEMENTWISE(square, Square)
UNROLL_ELEMENTWISE(sin, Sin)
UNROLL_ELEMENTWISE(cos, Cos)
UNROLL_ELEMENTWISE(tanh, Tanh)
UNROLL_ELEMENTWISE(sigmoid, Sigmoid)
UNROLL_ELEMENTWISE(softplus, Softplus)
UNROLL_ELEMENTWISE(abs, Abs)
/// @}
#undef UNROLL_ELEMENTWISE

/// Of a number: x², 1/(1 + e^{−x}) and log(1 + e^x), the latter two stable for any x.
/// @{
inline double square(double x) { return ad::Square::value(x); }
inline double sigmoid(double x) { return ad::Sigmoid::value(x); }
inline double softplus(double x) { return ad::Softplus::value(x); }
/// @}

/// x_i^exponent.
template <ad::AnyArray T>
ad::array_t<T> pow(const T& x, double exponent) {
  return ad::power<ad::array_t<T>>(ad::materialise(x), exponent);
}

#define UNROLL_ELEMENTWISE(name, function)                                             \
  template <class A, class B>                                                          \
  requires ad::SameWorld<A, B> ad::common_array_t<A, B> name(const A& a, const B& b) { \
    return ad::function(ad::materialise(a), ad::materialise(b));                       \
  }
/// a_i b_i, a_i/b_i, the larger and the smaller of a_i and b_i; a tie is a_i. One of a and b may be plain
/// where the other has derivatives. @throws ShapeError if the shapes differ.
/// @{
UNROLL_ELEMENTWISE(cwise_product, product)
UNROLL_ELEMENTWISE(cwise_quotient, quotient)
UNROLL_ELEMENTWISE(max, larger)
UNROLL_ELEMENTWISE(min, smaller)
/// @}
#undef UNROLL_ELEMENTWISE

}  // namespace unroll
