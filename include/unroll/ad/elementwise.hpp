#pragma once

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/operators.hpp"

/// Elementwise functions of arrays. Each takes a `Vector`, `VarVector` or `DualVector` (a matrix likewise)
/// and gives the same kind and shape. Formulas and conventions at kinks and edges stand in function_list.hpp.
/// A NaN is passed on.
namespace unroll {

namespace ad {

/// The common kind of two arrays, one of which may be plain.
template <class A, class B>
using common_array_t = std::conditional_t<PlainArray<array_t<A>>, array_t<B>, array_t<A>>;
/// The array B, a vector or a matrix, in the common world of A and B.
template <class B, class A>
using common_world_t =
    std::conditional_t<PlainArray<array_t<B>>,
                       std::conditional_t<std::is_same_v<array_t<B>, Vector>, vector_t<A>, matrix_t<A>>,
                       array_t<B>>;
template <class A, class B>
concept SameWorld = AnyArray<A> && AnyArray<B> &&
    (PlainArray<array_t<A>> || PlainArray<array_t<B>> || std::is_same_v<array_t<A>, array_t<B>>);

/// A vector of another world than plain ones.
template <class A>
concept VectorWithDerivatives = Differentiable<A> && std::is_same_v<array_t<A>, vector_t<A>>;

/// Either the object itself or what it evaluates to.
template <AnyArray T>
decltype(auto) materialise(const T& x) {
  if constexpr (std::is_same_v<T, array_t<T>>)
    return (x);
  else
    return array_t<T>(x);
}

/// A function of function_list.hpp of every entry; of a plain array, from x to y.
/// @{
const char* name_of(Function f);
void elementwise(Function f, const double* x, double* y, Index size);
VarArray elementwise(Function f, const VarArray& x);
DualArray elementwise(Function f, const DualArray& x);
template <class A>
A elementwise(Function f, const A& x) {
  if constexpr (PlainArray<A>) {
    A y(x.rows(), x.cols());
    elementwise(f, x.data(), y.data(), x.size());
    return y;
  } else {
    const NamedOperation named(core_of(x), [f] { return name_of(f); });
    return A(elementwise(f, erased(x)));
  }
}
/// @}
/// What operands, each `erased`, give together.
template <class... In>
using erased_result_t = std::conditional_t<(Taped<In> || ...), VarArray,
                                           std::conditional_t<(Dualised<In> || ...), DualArray, Matrix>>;
/// A function of two, entry by entry; one of a and b may be one number for all. Both are `erased`.
template <class A, class B>
erased_result_t<A, B> elementwise(FunctionOfTwo f, const char* name, const A& a, const B& b);
/// x_i^exponent of an `erased` array.
template <class E>
erased_result_t<E> raised(const E& x, double exponent);
/// a ∘ b and a / b of `erased` arrays; either may be plain. @throws ShapeError
template <class A, class B>
erased_result_t<A, B> product(const A& a, const B& b);
template <class A, class B>
erased_result_t<A, B> quotient(const A& a, const B& b);
/// x where the mask is 1, 0 where it is 0, whatever x is there.
template <class E>
erased_result_t<E> masked(const Matrix& mask, const E& x);

template <class Result, class T>
decltype(auto) beside(const T& x) {
  if constexpr (AnyArray<T>)
    return erased(x);
  else
    return scalar_t<Result>(x);
}
template <class Result, class A, class B>
Result elementwise_of_two(FunctionOfTwo f, const char* name, const A& a, const B& b) {
  if constexpr (AnyArray<A> && Number<B>)
    if (f == FunctionOfTwo::pow) return Result(raised(erased(a), static_cast<double>(b)));
  const NamedOperation named(TapedArray<A> ? core_of(a) : core_of(b), [name] { return name; });
  return Result(elementwise(f, name, beside<Result>(a), beside<Result>(b)));
}

}  // namespace ad

/// The functions of function_list.hpp of every entry, in an array of the same kind and shape. Of two
/// arguments, one may be plain where the other has derivatives, or a scalar, which then meets every entry.
/// @throws ShapeError if the shapes differ.
/// @{
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  template <ad::AnyArray T, ad::Nothing... None>                          \
  ad::array_t<T> name(const T& x, None...) {                              \
    return ad::elementwise(ad::Function::name, ad::materialise(x));       \
  }
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b)                                                   \
  template <class A, class B, ad::Nothing... None>                                                        \
  requires ad::SameWorld<A, B> ad::common_array_t<A, B> name(const A& a, const B& b, None...) {           \
    return ad::elementwise_of_two<ad::common_array_t<A, B>>(ad::FunctionOfTwo::name, #name,               \
                                                            ad::materialise(a), ad::materialise(b));      \
  }                                                                                                       \
  template <ad::AnyArray A, ad::ScalarBeside<A> S, ad::Nothing... None>                                   \
  ad::array_t<A> name(const A& a, const S& b, None...) {                                                  \
    return ad::elementwise_of_two<ad::array_t<A>>(ad::FunctionOfTwo::name, #name, ad::materialise(a), b); \
  }                                                                                                       \
  template <ad::AnyArray B, ad::ScalarBeside<B> S, ad::Nothing... None>                                   \
  ad::array_t<B> name(const S& a, const B& b, None...) {                                                  \
    return ad::elementwise_of_two<ad::array_t<B>>(ad::FunctionOfTwo::name, #name, a, ad::materialise(b)); \
  }
#include "unroll/ad/function_list.hpp"
/// @}

#define UNROLL_ELEMENTWISE(name, function)                                             \
  template <class A, class B>                                                          \
  requires ad::SameWorld<A, B> ad::common_array_t<A, B> name(const A& a, const B& b) { \
    return ad::common_array_t<A, B>(                                                   \
        ad::function(ad::erased(ad::materialise(a)), ad::erased(ad::materialise(b)))); \
  }
/// a_i b_i [cwise_product(a, b): n, n → n]; a_i/b_i [cwise_quotient(a, b): n, n → n]. One of a and b may be
/// plain where the other has derivatives.
/// @throws ShapeError if the shapes differ.
/// @{
UNROLL_ELEMENTWISE(cwise_product, product)
UNROLL_ELEMENTWISE(cwise_quotient, quotient)
/// @}
#undef UNROLL_ELEMENTWISE

/// Of arrays with derivatives: do not compile, as several things may be meant, and say what to write.
/// @{
template <ad::AnyArray A, ad::AnyArray B>
requires(!ad::PlainArray<ad::array_t<A>> || !ad::PlainArray<ad::array_t<B>>) ad::common_array_t<A, B>
operator/(const A&, const B&) {
  static_assert(ad::never<A>,
                "a / b of two arrays: write cwise_quotient(a, b), entry by entry, or solve_lu(B, a)");
  return {};
}
template <ad::Number T, ad::AnyArray B>
requires(!ad::PlainArray<ad::array_t<B>>) ad::array_t<B>
operator/(T, const B&) {
  static_assert(ad::never<B>, "s / b of a number and an array: write s * reciprocal(b), entry by entry");
  return {};
}
template <ad::AnyArray A, ad::AnyArray B>
requires(ad::VectorWithDerivatives<A>&& ad::VectorWithDerivatives<B>) ad::array_t<A>
operator*(const A&, const B&) {
  static_assert(ad::never<A>, "a * b of two vectors: write dot(a, b), cwise_product(a, b) or outer(a, b)");
  return {};
}
/// @}

}  // namespace unroll
