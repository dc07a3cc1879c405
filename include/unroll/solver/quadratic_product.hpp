#pragma once

#include <algorithm>
#include <string_view>

#include "unroll/ad/operators.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/state.hpp"
#include "unroll/solver/stationary.hpp"

/// What methods for quadratics share: the curvature along a direction, differentiable, from gradients alone.
namespace unroll {

/// H p of a quadratic f, for one gradient: (∇f(z + s p) − g)/s, where g = ∇f(z) is at hand. s gives s p the
/// given length, lest digits cancel, and where they do, as the difference is less than 1e-5 ‖g‖, greater
/// ones, for as many gradients; neither the product nor its derivative depends on it.
template <class V>
V quadratic_product(const Oracle<V>& f, const V& z, const V& g, const V& p, double length, const V& theta) {
  const double norm = value_of(p).stableNorm();
  double s = norm > 0 ? length / norm : 1.0;
  constexpr double little = 1e-5, most = 1e16, furthest = 1e150;
  const double size = value_of(g).stableNorm();
  V there = f.gradient(z + s * p, theta);
  const auto seen = [&] { return (value_of(there) - value_of(g)).stableNorm(); };
  while (seen() < little * size && s * norm > 0 && s * norm < furthest) {
    s *= std::min(most, size / seen());
    there = f.gradient(z + s * p, theta);
  }
  return (there - g) / s;
}

namespace detail {
/// max(1, ‖x‖): a length at which a difference of gradients near x keeps its digits.
double length_at(const Vector& x);

/// How a quadratic is curved along p: y = H p / size, and pᵀy. size, a constant, makes y's entries at most 1,
/// lest a square, or its derivative, leave the range of doubles.
template <class V>
struct CurvatureAlong {
  V y;
  double size;
  scalar_t<V> along;
};

/// @throws NumericalError naming method and curvature unless pᵀHp > 0.
void check_curvature(std::string_view method, double curvature);

/// That along p, where g = ∇f(z), for one gradient.
/// @throws NumericalError naming method and curvature unless pᵀHp > 0.
template <class V>
CurvatureAlong<V> curvature_along(std::string_view method, const Oracle<V>& f, const V& z, const V& g,
                                  const V& p, double length, const V& theta) {
  const V image = quadratic_product(f, z, g, p, length, theta);
  const double size = size_of(value_of(image));
  const V y = image / size;
  const scalar_t<V> along = dot(p, y);
  check_curvature(method, value_of(along) * size);
  return {y, size, along};
}
}  // namespace detail

}  // namespace unroll
