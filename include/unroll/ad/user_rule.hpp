#pragma once

#include <array>
#include <tuple>
#include <type_traits>

#include "unroll/ad/elementwise.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/ad/plain.hpp"

/// A user's own primitive (primitive.hpp) as a rule of the engine.
namespace unroll::ad {

/// @throws UnsupportedError: the primitive has no derivatives of that order.
[[noreturn]] void throw_once_differentiable(const char* order);
/// @throws ShapeError if what a primitive's `function` gave is of another size.
void check_given(const char* function, Index got, Index wanted);
/// Column j, and column k as its tangent; zeros of a constant.
Matrix pair_of_columns(const ConstBlock& block, Index j, Index k);
/// ẏ_i += ⟨the derivative of x̄ along the further direction, ẋ⟩, for every tangent.
void add_moved(Block& y, Index i, const ConstBlock& x_bar, const ConstBlock& x);
Matrix scaled_copy(const ScaledBlock& block);

// The plain type an operand has inside a primitive.
template <class T>
struct PlainOf {
  using type = double;
};
template <AnyArray T>
struct PlainOf<T> {
  using type = std::conditional_t<std::is_same_v<array_t<T>, vector_t<T>>, Vector, Matrix>;
};
template <class T>
using plain_t = typename PlainOf<T>::type;
template <class T>
using dual_t = std::conditional_t<std::is_same_v<T, Vector>, DualVector,
                                  std::conditional_t<std::is_same_v<T, Matrix>, DualMatrix, Dual>>;

// A column of a block as a plain operand.
template <class T>
T column_as(const ConstBlock& block, Index j, Shape shape) {
  if constexpr (std::is_same_v<T, double>)
    return j < block.cols() ? block(0, j) : 0.0;
  else if (j < block.cols())
    return Eigen::Map<const T>(block.col(j).data(), shape.rows, shape.cols);
  else
    return T::Zero(shape.rows, shape.cols);
}
// The first columns of a block as a dual operand.
template <class T>
dual_t<T> columns_as_dual(const ConstBlock& block, Shape shape) {
  if constexpr (std::is_same_v<T, double>)
    return Dual(FewNumbers(block.row(0)), block.half());
  else
    return dual_t<T>(DualArray(shape, block, block.half()));
}
// A value as a column; a number's has one entry at compile time, so that no packet is read from it.
template <class T>
auto flat(const T& value) {
  if constexpr (std::is_arithmetic_v<T>)
    return Eigen::Map<const Eigen::Matrix<double, 1, 1>>(&value);
  else
    return Eigen::Map<const Vector>(value.data(), value.size());
}

// The I-th adjoint that a pullback returned.
template <std::size_t I, class R>
const auto& adjoint_part(const R& result) {
  if constexpr (requires { std::tuple_size<R>::value; })
    return std::get<I>(result);
  else
    return result;
}

template <class Mine, class Y, class... X>
struct UserRule {
  static constexpr std::size_t count = sizeof...(X);
  static constexpr auto needed_for = [] {
    std::array<unsigned, count> all{};
    all.fill((1U << count) - 1);
    return all;
  }();
  static constexpr bool reads_output = false;
  static constexpr bool has_pushforward = requires(const X&... x) { Mine::pushforward(x..., x...); };
  static constexpr bool has_dual_pullback = requires(const dual_t<X>&... x, const dual_t<Y>& y) {
    Mine::pullback(x..., y);
  };
  static constexpr bool has_dual_pushforward = requires(const dual_t<X>&... x) {
    Mine::pushforward(x..., x...);
  };

  const Y* value;  // computed already; read by evaluate, at recording, only
  std::array<Shape, count> shapes;
  Shape output;

  template <class... Blocks>
  void evaluate(const Blocks&... blocks) const {
    evaluate(std::forward_as_tuple(blocks...), std::index_sequence_for<X...>{});
  }
  template <class T, std::size_t... I>
  void evaluate(const T& blocks, std::index_sequence<I...>) const {
    Block y = std::get<count>(blocks);
    y.col(0) = flat(*value);
    if (y.cols() == 1) return;
    const auto x = std::tuple<X...>(column_as<X>(std::get<I>(blocks), 0, shapes[I])...);
    if constexpr (has_pushforward) {
      for (Index j = 1; j < y.cols(); ++j) {
        const Y y_dot =
            Mine::pushforward(std::get<I>(x)..., column_as<X>(std::get<I>(blocks), j, shapes[I])...);
        check_given("pushforward", flat(y_dot).size(), y.rows());
        y.col(j) = flat(y_dot);
      }
    } else {
      y.rightCols(y.cols() - 1).setZero();
      for (Index i = 0; i < y.rows(); ++i) {
        const Vector unit = unit_vector(y.rows(), i);
        const auto row = Mine::pullback(std::get<I>(x)...,
                                        column_as<Y>(ConstBlock(unit.data(), unit.rows(), 1), 0, output));
        (add_row(y, i, flat(adjoint_part<I>(row)), std::get<I>(blocks)), ...);
      }
    }
    if (y.half() > 0) add_mixed(blocks, std::index_sequence<I...>{});
  }
  /// The mixed columns: the derivative of the pushforward along the further direction; or, to what they are
  /// of ẋ's own, ẏ_i += ⟨the pullback's derivative along it, ẋ⟩.
  template <class T, std::size_t... I>
  void add_mixed(const T& blocks, std::index_sequence<I...>) const {
    Block y = std::get<count>(blocks);
    const auto moved = std::make_tuple(pair_of<X>(std::get<I>(blocks), 0, y.half(), shapes[I])...);
    if constexpr (has_dual_pushforward) {
      for (Index j = 1; j < y.half(); ++j) {
        const auto y_dot = Mine::pushforward(std::get<I>(moved)...,
                                             pair_of<X>(std::get<I>(blocks), j, y.half() + j, shapes[I])...);
        check_given("pushforward", y_dot.block().rows(), y.rows());
        y.col(y.half() + j).setZero();
        if (y_dot.block().cols() > 1) y.col(y.half() + j) = y_dot.block().col(1);
      }
    } else if constexpr (has_dual_pullback) {
      for (Index i = 0; i < y.rows(); ++i) {
        const Vector unit = unit_vector(y.rows(), i);
        const auto row = Mine::pullback(std::get<I>(moved)...,
                                        columns_as_dual<Y>(ConstBlock(unit.data(), unit.rows(), 1), output));
        (add_moved(y, i, adjoint_part<I>(row).block(), std::get<I>(blocks)), ...);
      }
    } else {
      throw_once_differentiable("third");
    }
  }
  /// Column j of the operand with column k as its tangent; zeros of a constant.
  template <class T>
  static dual_t<T> pair_of(const ConstBlock& block, Index j, Index k, Shape shape) {
    const Matrix two = pair_of_columns(block, j, k);
    return columns_as_dual<T>(ConstBlock(two.data(), two.rows(), 2), shape);
  }
  /// ẏ_i += ⟨row, ẋ⟩, for every tangent; a constant has none.
  static void add_row(Block& y, Index i, const auto& row, const ConstBlock& x) {
    check_given("pullback", row.size(), x.rows());
    for (Index j = 1; j < x.cols(); ++j) y(i, j) += row.dot(x.col(j));
  }

  template <class P>
  void pullback(P& p) const {
    pullback(p, std::index_sequence_for<X...>{});
  }
  template <class P, std::size_t... I>
  void pullback(P& p, std::index_sequence<I...>) const {
    const ScaledBlock y_bar = p.adjoint();
    if (p.sweeper().core().tangents == 0) {
      const auto x = std::tuple<X...>(column_as<X>(p.template in<I>(), 0, shapes[I])...);
      for (Index j = 0; j < y_bar.block.cols(); ++j) {
        const Y seed = y_bar.scale * column_as<Y>(y_bar.block, j, output);
        const auto x_bar = Mine::pullback(std::get<I>(x)..., seed);
        (add_column<I>(p, j, flat(adjoint_part<I>(x_bar))), ...);
      }
    } else if constexpr (has_dual_pullback) {
      const Matrix scaled = scaled_copy(y_bar);
      const auto seed = columns_as_dual<Y>(
          ConstBlock(scaled.data(), scaled.rows(), scaled.cols(), y_bar.block.half()), output);
      const auto x_bar = Mine::pullback(columns_as_dual<X>(p.template in<I>(), shapes[I])..., seed);
      (add_block<I>(p, adjoint_part<I>(x_bar).block()), ...);
    } else {
      throw_once_differentiable("second");
    }
  }
  template <std::size_t I, class P>
  void add_column(P& p, Index j, const auto& column) const {
    check_given("pullback", column.size(), shapes[I].size());
    p.template add<I>([&](Block x_bar, Into into) {
      if (into == Into::assign) x_bar.setZero();
      x_bar.col(j) += column;
    });
  }
  template <std::size_t I, class P>
  void add_block(P& p, const ConstBlock& block) const {
    check_given("pullback", block.rows(), shapes[I].size());
    p.template add<I>([&](Block x_bar, Into into) { add(x_bar, block, 1, into); });
  }
};

}  // namespace unroll::ad
