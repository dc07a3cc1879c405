#pragma once

#include <functional>
#include <tuple>
#include <utility>

#include "unroll/ad/aggregate.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/ad/unpack.hpp"
#include "unroll/ad/value_of.hpp"
#include "unroll/types.hpp"

/// The state of a solver: any aggregate of arrays, scalars (`scalar_t<V>`, double), counters and std::vectors
/// of these, its first member `x` the iterate: a `V`, or a `matrix_t<V>`, of which the columns in turn are
/// the n entries. A state without x consists of arrays alone, and they are the iterate, one after another:
/// the W and H of a factorisation. Members are reached by structured bindings: no macro, no registration, no
/// base class, at most 10 members, no C array.
namespace unroll {

/// The state of a solver without memory.
template <class V>
struct State {
  V x;  // n
};

/// f(array) for every array of the iterate.
template <class S, class F>
void for_each_of_iterate(const S& state, F&& f) {
  if constexpr (requires { state.x; })
    f(state.x);
  else
    for_each_member(state, f);
}

/// Whether same(array, array) holds for all arrays of two iterates.
template <class S, class F>
bool all_of_iterates(const S& a, const S& b, F&& same) {
  if constexpr (requires { a.x; }) {
    return same(a.x, b.x);
  } else {
    const auto of_a = members(a), of_b = members(b);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (same(std::get<I>(of_a), std::get<I>(of_b)) && ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(of_a)>>{});
  }
}

/// The iterate of a state as a vector, n: of a matrix, its columns in turn.
template <class S>
decltype(auto) iterate(const S& state) {
  if constexpr (!requires { state.x; })
    return ad::packed(members(state));
  else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(state.x)>, vector_t<decltype(state.x)>>)
    return (state.x);
  else
    return flatten(state.x);
}

/// To{f(member)…}: the same state over another kind of array. `f` says what becomes of each member, by its
/// type.
template <class To, class From, class F>
constexpr To map_state(const From& state, F&& f) {
  return std::apply([&](const auto&... member) { return To{std::invoke(f, member)...}; }, members(state));
}

namespace detail {

/// @throws ShapeError naming step, member and sizes, if they differ.
void check_member_shape(Index step, std::size_t member, Index rows, Index cols, Index rows_before,
                        Index cols_before);

/// The arrays of a state keep their shapes from step to step; a list may grow. @throws ShapeError if not.
template <class S>
void check_same_shapes(const S& state, const S& before, Index step) {
  const auto check = [&](std::size_t member, const auto& now, const auto& then) {
    if constexpr (requires { now.rows(); })
      check_member_shape(step, member, now.rows(), now.cols(), then.rows(), then.cols());
  };
  const auto now = members(state), then = members(before);
  [&]<std::size_t... I>(std::index_sequence<I...>) { (check(I, std::get<I>(now), std::get<I>(then)), ...); }
  (std::make_index_sequence<std::tuple_size_v<decltype(now)>>{});
}

}  // namespace detail

}  // namespace unroll
