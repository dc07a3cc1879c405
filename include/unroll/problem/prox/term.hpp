#pragma once

#include <concepts>
#include <string_view>

#include "unroll/ad/access.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/ad/value_of.hpp"

namespace unroll {

/// A functor that can stand for prox_{hψ} over arrays V: see prox_terms.hpp.
template <class T, class V>
concept ProxTerm = requires(const T& term, const V& v, double step, const V& theta) {
  { term(v, step, theta) } -> std::convertible_to<V>;
};

namespace detail {
/// @throws ShapeError naming term and parameter unless θ, of p entries, has it.
void check_parameter(std::string_view term, Index parameter, Index p);
/// @throws DomainError naming term and value unless it is finite and not negative.
void check_weight(std::string_view term, double value);

/// weight, or weight · θ[parameter] where parameter ≥ 0: then it is differentiated. @throws as the two above.
template <class V>
scalar_t<V> weight_of(std::string_view term, double weight, Index parameter, const V& theta) {
  if (parameter >= 0) check_parameter(term, parameter, theta.size());
  const scalar_t<V> value = parameter < 0 ? scalar_t<V>(weight) : scalar_t<V>(weight * theta[parameter]);
  check_weight(term, value_of(value));
  return value;
}
}  // namespace detail

}  // namespace unroll
