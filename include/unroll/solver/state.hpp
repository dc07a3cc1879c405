#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "unroll/ad/dual.hpp"
#include "unroll/ad/var_array.hpp"
#include "unroll/types.hpp"

/// The state of a solver: any aggregate of arrays, scalars and counters, its first member `x` the iterate.
/// Members are reached by structured bindings: no macro, no registration, no base class, at most 10 members,
/// no C array.
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

/// The numbers behind a member of a state, next to value_of of a scalar in ad/: of an array with derivatives
/// its value(); a member that carries no derivative, a plain array, a counter, a schedule, is itself.
template <class A>
requires requires { typename A::Plain; }
typename A::Plain value_of(const A& a) { return a.value(); }
template <class A>
const A& value_of(const Eigen::PlainObjectBase<A>& a) {
  return a.derived();
}
template <class A>
void value_of(const Eigen::PlainObjectBase<A>&&) = delete;  // the reference would outlive the array
template <std::integral I>
constexpr I value_of(I counter) {
  return counter;
}
template <class T>
requires std::is_class_v<T> &&
    (!ScalarExpression<T>)&&(!std::is_base_of_v<Eigen::EigenBase<T>, T>)&&(!requires {
      typename T::Plain;
    }) const T& value_of(const T& member) {
  return member;
}

}  // namespace unroll
