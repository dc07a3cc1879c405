#pragma once

#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include "unroll/ad/primitive.hpp"
#include "unroll/check/options.hpp"

namespace unroll {

namespace detail {

/// A primitive with its types erased: every operand and result as a column of its entries, n_i and m.
struct ErasedPrimitive {
  using Operands = std::vector<Matrix>;  // n_i×1, or n_i×(1 + k) with k tangents
  Operands at;
  std::function<Vector(const Operands& x)> value;
  std::function<Vector(const Operands& x, const Operands& x_dot)> pushforward;  // empty if there is none
  std::function<Operands(const Operands& x, const Vector& y_bar)> pullback;
  std::function<Operands(const Operands& x, const Matrix& y_bar)>
      dual_pullback;  // of blocks; empty if there is none
  std::function<Matrix(const Operands& x, const Operands& x_dot)> dual_pushforward;  // likewise
};

Findings check_erased(const ErasedPrimitive& primitive, const CheckOptions& options);

template <class T>
Vector column_of(const T& x) {
  return ad::flat(x);
}
template <class T>
T operand_like(const T& like, const Matrix& column) {
  if constexpr (std::is_same_v<T, double>)
    return column(0, 0);
  else
    return column.col(0).reshaped(like.rows(), like.cols());
}
template <class T>
ad::dual_t<T> dual_like(const T& like, const Matrix& block) {
  const Matrix tangents = block.rightCols(block.cols() - 1);
  if constexpr (std::is_same_v<T, double>)
    return Dual(ad::FewNumbers(block.row(0)));
  else
    return ad::dual_t<T>(operand_like(like, block), tangents);
}

template <class Mine, class... X, std::size_t... I>
ErasedPrimitive erase(std::index_sequence<I...>, const X&... x) {
  using Operands = ErasedPrimitive::Operands;
  using Y = std::decay_t<decltype(Mine::value(x...))>;
  const std::tuple<X...> like(x...);
  const Y y = Mine::value(x...);
  ErasedPrimitive erased{{Matrix(column_of(x))...}, {}, {}, {}, {}, {}};
  erased.value = [like](const Operands& at) {
    return column_of(Y(Mine::value(operand_like(std::get<I>(like), at[I])...)));
  };
  if constexpr (requires { Mine::pushforward(x..., x...); })
    erased.pushforward = [like](const Operands& at, const Operands& dot) {
      return column_of(Y(Mine::pushforward(operand_like(std::get<I>(like), at[I])...,
                                           operand_like(std::get<I>(like), dot[I])...)));
    };
  erased.pullback = [like, y](const Operands& at, const Vector& y_bar) {
    const auto parts = Mine::pullback(operand_like(std::get<I>(like), at[I])..., operand_like(y, y_bar));
    return Operands{Matrix(column_of(ad::adjoint_part<I>(parts)))...};
  };
  if constexpr (ad::UserRule<Mine, Y, X...>::has_dual_pullback)
    erased.dual_pullback = [like, y](const Operands& at, const Matrix& y_bar) {
      const auto parts = Mine::pullback(dual_like(std::get<I>(like), at[I])..., dual_like(y, y_bar));
      return Operands{Matrix(ad::adjoint_part<I>(parts).block())...};
    };
  if constexpr (ad::UserRule<Mine, Y, X...>::has_dual_pushforward)
    erased.dual_pushforward = [like](const Operands& at, const Operands& dot) {
      return Matrix(
          Mine::pushforward(dual_like(std::get<I>(like), at[I])..., dual_like(std::get<I>(like), dot[I])...)
              .block());
    };
  return erased;
}

}  // namespace detail

/// Checks the three functions of a primitive (see ad/primitive.hpp) at operands x, each a double, a Vector or
/// a Matrix, around which it is smooth:
///   pushforward    against differences of value, for every operand alone;
///   pullback       against pushforward (against differences, if there is none): the transpose, entry by
///   entry; linear         pushforward of several operands at once is the sum of its parts, and pullback is
///   linear in ȳ; second order   a pullback, or a pushforward, that accepts dual numbers against differences
///   of the plain one.
/// The table counts operands from 1, `[i, j]` is ∂y_i/∂x_j with matrices column by column.
template <class Mine, class... X>
Findings check_primitive(const CheckOptions& options, const X&... x) {
  return detail::check_erased(
      detail::erase<Mine, ad::plain_t<X>...>(std::index_sequence_for<X...>{}, ad::plain_t<X>(x)...), options);
}
template <class Mine, class First, class... X>
requires(!std::is_same_v<First, CheckOptions>) Findings check_primitive(const First& first, const X&... x) {
  return check_primitive<Mine>(CheckOptions{}, first, x...);
}

}  // namespace unroll
