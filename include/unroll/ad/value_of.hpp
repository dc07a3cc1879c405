#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/ad/dual.hpp"
#include "unroll/ad/var_array.hpp"

/// The numbers behind whatever stands in a solver's state or step, next to value_of of a scalar (var.hpp,
/// dual.hpp): of an array with derivatives its value(), of a list the numbers behind every entry. What
/// carries no derivative, a plain array, a counter, a schedule, is itself.
namespace unroll {

/// The numbers without their derivatives [value_of(x): any → the same, plain; none]: of an array its value(),
/// of a list the numbers behind every entry. What carries no derivative is itself: a counter, and, by
/// reference, a plain array or another class, a schedule say.
/// @{
template <class A>
requires requires { typename A::Plain; }
const typename A::Plain value_of(const A& a) { return a.value(); }
template <class A>
const A& value_of(const Eigen::PlainObjectBase<A>& a) {
  return a.derived();
}
template <class A>
A value_of(const Eigen::PlainObjectBase<A>&& a) {  // the reference would outlive the array
  ad::refuse_temporary<A>();
  return a.derived();
}
template <std::integral I>
constexpr I value_of(I counter) {
  return counter;
}
template <class T>
auto value_of(const std::vector<T>& list) {
  std::vector<std::remove_cvref_t<decltype(value_of(std::declval<const T&>()))>> values;
  values.reserve(list.size());
  for (const T& entry : list) values.push_back(value_of(entry));
  return values;
}

template <class T>
requires std::is_class_v<T> &&
    (!ScalarExpression<T>)&&(!std::is_base_of_v<Eigen::EigenBase<T>, T>)&&(!requires {
      typename T::Plain;
    }) const T& value_of(const T& member) {
  return member;
}
/// @}

}  // namespace unroll
