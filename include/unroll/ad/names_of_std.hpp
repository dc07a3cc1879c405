#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/elementwise.hpp"

/// What `std::exp(x)` of a variable, or `using std::exp; exp(x)` of an array, is told. std has no such
/// function, and a compiler would list all those that it has; the ones declared here, in std as that is where
/// it looks, stop the compilation with what to write. They take bases and conversions of their arguments, so
/// that the library's own function is taken wherever both are found.
namespace unroll::ad {

/// A number beside a Dual.
struct BesideDual {
  template <Number T>
  BesideDual(T) {}  // NOLINT: implicit
};

template <class T>
void refuse_std() {
  static_assert(never<T>,
                "std's function is of numbers, ours is of numbers, variables and arrays: drop `std::` (write "
                "`exp(x)` for `std::exp(x)`), and write `using unroll::exp;` for `using std::exp;`");
}

}  // namespace unroll::ad

/// @cond engine
#define UNROLL_REFUSED_OF_SCALAR(name)                \
  template <class E>                                  \
  auto name(const unroll::Expression<E>& x) {         \
    unroll::ad::refuse_std<E>();                      \
    using unroll::name;                               \
    return name(x.self());                            \
  }                                                   \
  template <class T>                                  \
  requires same_as<T, unroll::Dual>                   \
  auto name(const T& x) {                             \
    unroll::ad::refuse_std<T>();                      \
    using unroll::name;                               \
    return name(static_cast<const unroll::Dual&>(x)); \
  }
#define UNROLL_REFUSED(name)                      \
  UNROLL_REFUSED_OF_SCALAR(name)                  \
  template <unroll::ad::PlainArray D>             \
  auto name(const Eigen::MatrixBase<D>& x) {      \
    unroll::ad::refuse_std<D>();                  \
    return unroll::name(x.derived());             \
  }                                               \
  template <unroll::ad::Nothing... None>          \
  auto name(const unroll::VarArray& x, None...) { \
    unroll::ad::refuse_std<void(None...)>();      \
    return unroll::name(unroll::VarVector(x));    \
  }
#define UNROLL_REFUSED_OF_TWO(name)                                              \
  template <class A, class B>                                                    \
  auto name(const unroll::Expression<A>& a, const unroll::Expression<B>& b) {    \
    unroll::ad::refuse_std<A>();                                                 \
    return unroll::name(a.self(), b.self());                                     \
  }                                                                              \
  template <class A, unroll::ad::Number T>                                       \
  auto name(const unroll::Expression<A>& a, T b) {                               \
    unroll::ad::refuse_std<A>();                                                 \
    return unroll::name(a.self(), b);                                            \
  }                                                                              \
  template <unroll::ad::Number T, class B>                                       \
  auto name(T a, const unroll::Expression<B>& b) {                               \
    unroll::ad::refuse_std<B>();                                                 \
    return unroll::name(a, b.self());                                            \
  }                                                                              \
  template <class T>                                                             \
  requires same_as<T, unroll::Dual> T name(const T& a, unroll::ad::BesideDual) { \
    unroll::ad::refuse_std<T>();                                                 \
    return a;                                                                    \
  }                                                                              \
  template <class T>                                                             \
  requires same_as<T, unroll::Dual> T name(unroll::ad::BesideDual, const T& b) { \
    unroll::ad::refuse_std<T>();                                                 \
    return b;                                                                    \
  }                                                                              \
  template <unroll::ad::PlainArray D, unroll::ad::Number T>                      \
  auto name(const Eigen::MatrixBase<D>& a, T b) {                                \
    unroll::ad::refuse_std<D>();                                                 \
    return unroll::name(a.derived(), b);                                         \
  }                                                                              \
  template <unroll::ad::Number T, unroll::ad::PlainArray D>                      \
  auto name(T a, const Eigen::MatrixBase<D>& b) {                                \
    unroll::ad::refuse_std<D>();                                                 \
    return unroll::name(a, b.derived());                                         \
  }

namespace std {  // NOLINT: see above
UNROLL_REFUSED(abs)
UNROLL_REFUSED(acos)
UNROLL_REFUSED(acosh)
UNROLL_REFUSED(asin)
UNROLL_REFUSED(asinh)
UNROLL_REFUSED(atan)
UNROLL_REFUSED(atanh)
UNROLL_REFUSED(cbrt)
UNROLL_REFUSED(cos)
UNROLL_REFUSED(cosh)
UNROLL_REFUSED(erf)
UNROLL_REFUSED(erfc)
UNROLL_REFUSED(exp)
UNROLL_REFUSED(expm1)
UNROLL_REFUSED(lgamma)
UNROLL_REFUSED(log)
UNROLL_REFUSED(log1p)
UNROLL_REFUSED(sin)
UNROLL_REFUSED(sinh)
UNROLL_REFUSED(sqrt)
UNROLL_REFUSED(tan)
UNROLL_REFUSED(tanh)
UNROLL_REFUSED_OF_SCALAR(fabs)
UNROLL_REFUSED_OF_SCALAR(isfinite)
UNROLL_REFUSED_OF_SCALAR(isinf)
UNROLL_REFUSED_OF_SCALAR(isnan)
UNROLL_REFUSED_OF_TWO(atan2)
UNROLL_REFUSED_OF_TWO(hypot)
UNROLL_REFUSED_OF_TWO(max)
UNROLL_REFUSED_OF_TWO(min)
UNROLL_REFUSED_OF_TWO(pow)
}  // namespace std

#undef UNROLL_REFUSED_OF_SCALAR
#undef UNROLL_REFUSED
#undef UNROLL_REFUSED_OF_TWO
/// @endcond
