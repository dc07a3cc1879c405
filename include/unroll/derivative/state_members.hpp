#pragma once

#include "unroll/ad/plain.hpp"
#include "unroll/ad/worlds.hpp"
#include "unroll/derivative/repeated.hpp"
#include "unroll/derivative/segment.hpp"
#include "unroll/solver/state.hpp"

/// What the members of a run's state are asked for: sums on a tape, the memory they take, their fingerprint.
namespace unroll::detail {

/// @throws UnsupportedError: a state whose lists change their length has no sum of cotangents.
[[noreturn]] void throw_changed_list(std::size_t now, std::size_t before);

/// member + zero for all that carry derivatives on a tape.
template <class Member>
Member plus(const Member& member, const Member& zero) {
  if constexpr (std::is_base_of_v<VarArray, Member> || std::is_same_v<Member, Var>) {
    return member + zero;
  } else if constexpr (is_std_vector<Member>) {
    if (member.size() != zero.size()) throw_changed_list(member.size(), zero.size());
    Member sum;
    sum.reserve(member.size());
    for (std::size_t i = 0; i < member.size(); ++i) sum.push_back(plus(member[i], zero[i]));
    return sum;
  } else {
    return member;
  }
}

/// The same for every member of a taped state.
template <class State>
State plus_state(const State& state, const State& zeros) {
  using Members = decltype(members(std::declval<const State&>()));
  const Members a = members(state), b = members(zeros);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return State{plus(std::get<I>(a), std::get<I>(b))...};
  }
  (std::make_index_sequence<std::tuple_size_v<Members>>{});
}

/// f(array or scalar, place) for all of a taped state that carry derivatives, in order.
template <class State, class F>
void for_each_placed(const State& state, F&& f) {
  Place place;
  for_each_member(state, [&](const auto& member) {
    place.element = 0;
    for_each_taped(member, [&](const auto& taped) {
      f(taped, place);
      ++place.element;
    });
    ++place.member;
  });
}

/// The bytes that a member of a plain state has allocated: arrays, and what their allocator adds (alignment
/// and bookkeeping).
template <class Member>
std::size_t allocated_bytes(const Member& member) {
  constexpr std::size_t overhead = 80;
  if constexpr (std::is_base_of_v<Eigen::DenseBase<Member>, Member>) {
    return static_cast<std::size_t>(member.size()) * sizeof(typename Member::Scalar) + overhead;
  } else if constexpr (is_std_vector<Member>) {
    std::size_t bytes = member.capacity() * sizeof(typename Member::value_type) + overhead;
    for (const auto& element : member) bytes += allocated_bytes(element);
    return bytes;
  } else {
    return 0;
  }
}

/// The numbers of a member of a state.
template <class Member>
void add_print(Fingerprint& print, const Member& member) {
  if constexpr (std::is_arithmetic_v<Member>) {
    print.add(static_cast<double>(member));
  } else if constexpr (is_std_vector<Member>) {
    for (const auto& element : member) add_print(print, element);
  } else if constexpr (std::is_base_of_v<Eigen::PlainObjectBase<Member>, Member>) {
    print.add(member.data(), member.size());
  } else if constexpr (std::is_base_of_v<VarArray, Member>) {
    print.add(member.block().data(), member.size());
  } else if constexpr (std::is_base_of_v<DualArray, Member>) {
    print.add(member.block().data(), member.size());
  } else if constexpr (std::is_same_v<Member, Var> || std::is_same_v<Member, Dual>) {
    print.add(member.value());
  }
}

/// Of the members beside the iterate.
template <class S>
Fingerprint print_of_others(const S& state) {
  Fingerprint print;
  if constexpr (requires { state.x; })
    for_each_member(state, [&](const auto& member) {
      if (static_cast<const void*>(&member) != static_cast<const void*>(&state.x)) add_print(print, member);
    });
  return print;
}
/// Of a taped state.
template <class S>
StatePrint print_of(const S& state) {
  Fingerprint x;
  for_each_of_iterate(state, [&](const auto& array) { add_print(x, array); });
  return {x, print_of_others(state)};
}

/// Whether a step on a tape gave back the iterate that it took.
template <class S>
bool gives_back_iterate(const S& next, const S& state) {
  return all_of_iterates(next, state, [](const VarArray& is, const VarArray& was) {
    return is.id() == was.id() && ad::are_equal(is.block().data(), was.block().data(), is.size());
  });
}

/// The bytes of a plain state, kept.
template <class S>
std::size_t state_bytes(const S& state) {
  std::size_t bytes = sizeof(S);
  for_each_member(state, [&](const auto& member) { bytes += allocated_bytes(member); });
  return bytes;
}

}  // namespace unroll::detail
