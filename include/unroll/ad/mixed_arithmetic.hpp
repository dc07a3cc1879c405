#pragma once

#include "unroll/ad/linear.hpp"

/// Arithmetic of an array and a scalar, and of plain arrays with scalars that have derivatives.
namespace unroll {

namespace ad {
template <class S>
concept ScalarWithDerivative = ScalarExpression<S> || std::is_same_v<S, Dual>;
/// The array X, a vector or a matrix, in the scalar's world.
template <class S, class X>
using beside_scalar_t = common_world_t<X, std::conditional_t<ScalarExpression<S>, VarVector, DualVector>>;
/// What scalars give together.
template <class... S>
using common_scalar_t =
    std::conditional_t<(ScalarExpression<S> || ...), Var,
                       std::conditional_t<(std::is_same_v<S, Dual> || ...), Dual, double>>;
/// The scalars that may meet every entry of an array, be it a plain one.
template <class S, class A>
concept ScalarForAll = ScalarBeside<S, A> ||(PlainArray<array_t<A>>&& ScalarWithDerivative<S>);
}  // namespace ad

/// x_i + s [x + s: n, 1 → n]; x_i − s [x - s: n, 1 → n]; s + x_i [s + x: 1, n → n]; s − x_i
/// [s - x: 1, n → n]. s is a number, or a scalar of the array's world.
/// @{
namespace ad {
template <class V, class S>
auto filled(const V& like, const S& s) {
  using A = array_t<V>;
  if constexpr (PlainArray<A> && ScalarWithDerivative<S>) {
    return filled(beside_scalar_t<S, A>(like), s);
  } else if constexpr (PlainArray<A>) {
    return A(A::Constant(like.rows(), like.cols(), static_cast<double>(s)));
  } else {
    using Plain = typename A::Plain;
    if constexpr (Number<S>)
      return Plain(Plain::Constant(like.rows(), like.cols(), static_cast<double>(s)));
    else
      return A(scale_array(scalar_t<A>(s), A(Plain(Plain::Ones(like.rows(), like.cols())))));
  }
}
}  // namespace ad
#define UNROLL_WITH_SCALAR(op)                         \
  template <ad::AnyArray V, ad::ScalarBeside<V> S>     \
  ad::array_t<V> operator op(const V& x, const S& s) { \
    return x op ad::filled(x, s);                      \
  }                                                    \
  template <ad::AnyArray V, ad::ScalarBeside<V> S>     \
  ad::array_t<V> operator op(const S& s, const V& x) { \
    return ad::filled(x, s) op x;                      \
  }
UNROLL_WITH_SCALAR(+)
UNROLL_WITH_SCALAR(-)
#undef UNROLL_WITH_SCALAR
/// @}

/// s X, X s and X/s, X + s, s + X, X − s and s − X, and the functions of two arguments, of a plain array and
/// a scalar with a derivative: an array of its world. (Eigen alone would make a matrix of scalars, one
/// statement an entry.)
/// @{
template <ad::ScalarWithDerivative S, ad::PlainArray X>
ad::beside_scalar_t<S, X> operator*(const S& s, const X& x) {
  using A = ad::beside_scalar_t<S, X>;
  return A(ad::scale_array(s, A(x)));
}
template <ad::PlainArray X, ad::ScalarWithDerivative S>
auto operator*(const X& x, const S& s) {
  return s * x;
}
template <ad::PlainArray X, ad::ScalarWithDerivative S>
auto operator/(const X& x, const S& s) {
  return ad::beside_scalar_t<S, X>(x) / s;
}
#define UNROLL_OF_PLAIN(name)                                             \
  template <ad::PlainArray X, ad::ScalarWithDerivative S>                 \
  auto name(const X& a, const S& b) {                                     \
    return name(ad::beside_scalar_t<S, X>(a), ad::common_scalar_t<S>(b)); \
  }                                                                       \
  template <ad::PlainArray X, ad::ScalarWithDerivative S>                 \
  auto name(const S& a, const X& b) {                                     \
    return name(ad::common_scalar_t<S>(a), ad::beside_scalar_t<S, X>(b)); \
  }
UNROLL_OF_PLAIN(operator+)
UNROLL_OF_PLAIN(operator-)
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) UNROLL_OF_PLAIN(name)
#include "unroll/ad/function_list.hpp"
#undef UNROLL_OF_PLAIN
/// @}

/// x = x + y [x += y: n, n → n]; x = x − y [x -= y: n, n → n]; x = x s [x *= s: n, 1 → n]; x = x/s
/// [x /= s: n, 1 → n]. x becomes another array. Of plain arrays only += and −= of a number stand here; Eigen
/// has the others.
/// @{
#define UNROLL_COMPOUND(op)                                                                          \
  template <class A, class T>                                                                        \
  requires(ad::TapedArray<A> || ad::DualisedArray<A>) A& operator op##=(A& x, const T& y) {          \
    return x = A(x op y);                                                                            \
  }                                                                                                  \
  template <class A, class T>                                                                        \
  requires(!std::is_reference_v<A> && (ad::TapedArray<A> || ad::DualisedArray<A>)) A operator op##=( \
      A&& x, const T&) {                                                                             \
    ad::refuse_assignment<T>();                                                                      \
    return x;                                                                                        \
  }
UNROLL_COMPOUND(+)
UNROLL_COMPOUND(-)
UNROLL_COMPOUND(*)
UNROLL_COMPOUND(/)
#undef UNROLL_COMPOUND
template <ad::PlainArray A, ad::Number S>
A& operator+=(A& x, S s) {
  x.array() += static_cast<double>(s);
  return x;
}
template <ad::PlainArray A, ad::Number S>
A& operator-=(A& x, S s) {
  x.array() -= static_cast<double>(s);
  return x;
}
/// @}

}  // namespace unroll
