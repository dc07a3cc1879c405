#pragma once

#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/ad/aggregate.hpp"
#include "unroll/ad/structure.hpp"

/// How an aggregate goes from one world, plain, dual or taped, to another. A member, or an element of a
/// member that is a std::vector, is one of: an array or a scalar, which carry derivatives on a tape and have
/// another type off it; anything else, a counter or the coefficients of a schedule, which carries none and is
/// copied.
namespace unroll::detail {

template <class T>
inline constexpr bool is_std_vector = false;
template <class T, class A>
inline constexpr bool is_std_vector<std::vector<T, A>> = true;

/// The member in another world, of type To; `f` converts arrays and scalars, f(from).
template <class To, class From, class F>
To convert_member(const From& from, F&& f) {
  if constexpr (std::is_same_v<To, From>) {
    return from;
  } else if constexpr (is_std_vector<To>) {
    To to;
    to.reserve(from.size());
    for (const auto& element : from) to.push_back(convert_member<typename To::value_type>(element, f));
    return to;
  } else {
    return f(from);
  }
}

/// Whether every member has such a type, of a state over arrays V and the same over plain ones.
/// @{
template <class V, class To, class From>
consteval bool member_converts() {
  if constexpr (is_std_vector<To> && is_std_vector<From>)
    return member_converts<V, typename To::value_type, typename From::value_type>();
  else
    return std::is_same_v<To, From> || std::is_same_v<To, V> || std::is_same_v<To, matrix_t<V>> ||
           std::is_same_v<To, scalar_t<V>>;
}
template <class V, class To, class From>
consteval bool members_convert() {
  using Own = decltype(members(std::declval<To&>()));
  using Plain = decltype(members(std::declval<From&>()));
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (member_converts<V, std::remove_reference_t<std::tuple_element_t<I, Own>>,
                            std::remove_reference_t<std::tuple_element_t<I, Plain>>>() &&
            ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Own>>{});
}
/// @}

/// The state in another world, of type To, member by member.
template <class To, class From, class F>
To convert_state(const From& from, F&& f) {
  using Members = decltype(members(std::declval<To&>()));
  return [&]<std::size_t... I>(std::index_sequence<I...>, const auto& member) {
    return To{
        convert_member<std::remove_reference_t<std::tuple_element_t<I, Members>>>(std::get<I>(member), f)...};
  }
  (std::make_index_sequence<std::tuple_size_v<Members>>{}, members(from));
}

/// What a solver prepared, in another world: an array, a scalar, a list or an aggregate of these.
template <class To, class From, class F>
To convert_prepared(const From& from, F&& f) {
  if constexpr (std::is_aggregate_v<To> && std::is_class_v<To> && !std::is_empty_v<To>) {
    return convert_state<To>(from, f);
  } else {
    return convert_member<To>(from, f);
  }
}

}  // namespace unroll::detail
