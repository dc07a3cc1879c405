#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "unroll/ad/value_of.hpp"
#include "unroll/types.hpp"

/// The state of a solver: any aggregate of arrays, scalars (`scalar_t<V>`, double), counters and std::vectors
/// of these, its first member `x` the iterate. Members are reached by structured bindings: no macro, no
/// registration, no base class, at most 10 members, no C array.
namespace unroll {

/// The state of a solver without memory.
template <class V>
struct State {
  V x;  // n
};

namespace detail {

struct Anything {
  template <class T>
  operator T() const;  // never defined: it only stands in for a member in unevaluated braces
};

template <class S, std::size_t... I>
consteval bool takes(std::index_sequence<I...>) {
  return requires { S{(static_cast<void>(I), Anything{})...}; };
}

inline constexpr std::size_t most_members = 10;

/// The number of members of the aggregate S; one more than `most_members` stands for "too many".
template <class S, std::size_t N = most_members + 1>
consteval std::size_t member_count() {
  if constexpr (N == 0 || takes<S>(std::make_index_sequence<N>{})) {
    return N;
  } else {
    return member_count<S, N - 1>();
  }
}

}  // namespace detail

/// References to the members of an aggregate, in order of declaration, as a tuple.
template <class S>
requires std::is_aggregate_v<S>
constexpr auto members(S& state) {
  constexpr std::size_t count = detail::member_count<std::remove_const_t<S>>();
  static_assert(count != 0, "a solver's state is empty: it needs its iterate `x`");
  static_assert(count <= detail::most_members,
                "a solver's state has more than 10 members: group some in a std::vector");
  if constexpr (count == 1) {
    auto& [a] = state;
    return std::tie(a);
  } else if constexpr (count == 2) {
    auto& [a, b] = state;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = state;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = state;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = state;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = state;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = state;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = state;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = state;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else {
    auto& [a, b, c, d, e, f, g, h, i, j] = state;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  }
}

/// f(member) for every member, in order of declaration.
template <class S, class F>
constexpr void for_each_member(S& state, F&& f) {
  std::apply([&](auto&... member) { (static_cast<void>(std::invoke(f, member)), ...); }, members(state));
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
