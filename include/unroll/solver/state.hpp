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

}  // namespace unroll
