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

}  // namespace unroll
