#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

/// The members of a plain aggregate, such as a solver's state or the blocks of θ.
namespace unroll {

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
  static_assert(count != 0, "an aggregate without members (of a solver's state: it needs its iterate `x`)");
  static_assert(count <= detail::most_members,
                "an aggregate of more than 10 members: group some in a std::vector");
#define UNROLL_MEMBERS(number, ...) \
  if constexpr (count == number) {  \
    auto& [__VA_ARGS__] = state;    \
    return std::tie(__VA_ARGS__);   \
  }
  UNROLL_MEMBERS(1, a)
  UNROLL_MEMBERS(2, a, b)
  UNROLL_MEMBERS(3, a, b, c)
  UNROLL_MEMBERS(4, a, b, c, d)
  UNROLL_MEMBERS(5, a, b, c, d, e)
  UNROLL_MEMBERS(6, a, b, c, d, e, f)
  UNROLL_MEMBERS(7, a, b, c, d, e, f, g)
  UNROLL_MEMBERS(8, a, b, c, d, e, f, g, h)
  UNROLL_MEMBERS(9, a, b, c, d, e, f, g, h, i)
  UNROLL_MEMBERS(10, a, b, c, d, e, f, g, h, i, j)
#undef UNROLL_MEMBERS
}

/// f(member) for every member, in order of declaration.
template <class S, class F>
constexpr void for_each_member(S& state, F&& f) {
  std::apply([&](auto&... member) { (static_cast<void>(std::invoke(f, member)), ...); }, members(state));
}

}  // namespace unroll
