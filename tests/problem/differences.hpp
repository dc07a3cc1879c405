#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "unroll/types.hpp"

namespace unroll::test {

/// ∂F(x) by central differences, m×n, for F: R^n → R^m or R^n → R. Right to about 1e-9 of F's derivatives
/// where F is of size 1.
template <class F>
Matrix central_differences(const F& f, const Vector& x, double h = 1e-5) {
  const auto at = [&](const Vector& point) {
    if constexpr (std::is_convertible_v<decltype(f(point)), double>) {
      return Vector(Vector::Constant(1, f(point)));
    } else {
      return Vector(f(point));
    }
  };
  Matrix J;
  for (Index i = 0; i < x.size(); ++i) {
    const Vector e = h * Vector::Unit(x.size(), i);
    const Vector slope = (at(x + e) - at(x - e)) / (2 * h);
    if (i == 0) J.resize(slope.size(), x.size());
    J.col(i) = slope;
  }
  return J;
}

/// ‖a − b‖ / max(1, ‖b‖), or infinity if the sizes differ or an entry is NaN.
inline double relative_gap(const Matrix& a, const Matrix& b) {
  const double infinite = std::numeric_limits<double>::infinity();
  if (a.rows() != b.rows() || a.cols() != b.cols()) return infinite;
  const double gap = (a - b).norm() / std::max(1.0, b.norm());
  return std::isnan(gap) ? infinite : gap;
}

}  // namespace unroll::test
