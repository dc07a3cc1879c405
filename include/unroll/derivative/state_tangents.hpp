#pragma once

#include <type_traits>

#include "unroll/ad/plain.hpp"
#include "unroll/derivative/state_members.hpp"

/// Tangents of a state's arrays and scalars as one matrix, N×k: the arrays in order, each flattened, then the
/// scalars.
namespace unroll::detail {

/// A plain array or scalar as a dual constant.
inline constexpr auto dual_constant = []<class A>(const A& value) {
  if constexpr (std::is_same_v<A, double>)
    return Dual(value);
  else if constexpr (A::ColsAtCompileTime == 1)
    return DualVector(value);
  else
    return DualMatrix(value);
};

/// The value of a dual array or scalar plus its one tangent.
/// @{
Vector displaced_vector(const DualArray& a);
Matrix displaced_matrix(const DualArray& a);
inline constexpr auto plus_tangent = []<class A>(const A& a) {
  if constexpr (std::is_same_v<A, Dual>)
    return a.value() + a.tangents()(0);
  else if constexpr (std::is_same_v<A, DualVector>)
    return displaced_vector(a);
  else
    return displaced_matrix(a);
};

/// @}

/// Cuts stacked tangents into those of arrays and scalars, in order: see Cotangents::state.
class TangentCutter {
 public:
  /// @param scalars the row of the first scalar
  TangentCutter(const Matrix& stacked, Index scalars) : stacked_(stacked), scalar_(scalars) {}

  DualVector operator()(const Vector& value) { return {value, cut(row_, value.size())}; }
  DualMatrix operator()(const Matrix& value) { return {value, cut(row_, value.size())}; }
  Dual operator()(double value) { return Dual(value, cut(scalar_, 1)); }

 private:
  Matrix cut(Index& row, Index count) {
    row += count;
    return ad::rows_of(stacked_, row - count, count);
  }
  const Matrix& stacked_;
  Index row_ = 0, scalar_;
};

/// A state with tangents, N×k, stacked.
template <class DualState, class Plain>
DualState with_tangents(const Matrix& stacked, const Plain& state) {
  Index arrays = 0;
  convert_state<DualState>(state, [&]<class A>(const A& value) {
    if constexpr (!std::is_same_v<A, double>) arrays += value.size();
    return dual_constant(value);
  });
  return convert_state<DualState>(state, TangentCutter(stacked, arrays));
}

/// Writes `rows` into x, from row `first` on.
void write_rows(Matrix& x, Index first, const Matrix& rows);

/// Entries of all arrays and scalars of a dual or taped state or preparation.
template <class State>
Index entries_of(const State& state) {
  Index entries = 0;
  for_each_taped(state, [&]<class A>(const A& a) {
    if constexpr (std::is_same_v<A, Dual> || std::is_same_v<A, Var>)
      ++entries;
    else
      entries += a.size();
  });
  return entries;
}

/// The tangents of a dual state, N×k, stacked; zero where there are none.
template <class State>
Matrix stacked_tangents(const State& state, Index directions) {
  Index arrays = 0, scalars = 0;
  for_each_taped(state, [&]<class A>(const A& a) {
    if constexpr (std::is_same_v<A, Dual>)
      ++scalars;
    else
      arrays += a.size();
  });
  Matrix stacked = Matrix::Zero(arrays + scalars, directions);
  Index row = 0;
  scalars = arrays;
  for_each_taped(state, [&]<class A>(const A& a) {
    Index rows = 1;
    if constexpr (!std::is_same_v<A, Dual>) rows = a.size();
    Index& first = std::is_same_v<A, Dual> ? scalars : row;
    if (a.directions() > 0) write_rows(stacked, first, a.tangents());
    first += rows;
  });
  return stacked;
}

}  // namespace unroll::detail
