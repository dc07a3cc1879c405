#pragma once

#include <fmt/format.h>

#include <string_view>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/solve.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/state.hpp"

/// What Newton's and the Gauss–Newton method share: steps in a constant metric A.
namespace unroll {

/// A⁻¹ g. @throws NumericalError naming the method and the pivot if A is not positive definite.
template <class V>
V metric_direction(std::string_view method, const Matrix& A, const V& g) {
  try {
    return solve_cholesky(A, g);
  } catch (const NumericalError& e) {
    throw NumericalError(fmt::format("{}: {}; more damping may help", method, e.what()));
  }
}

/// x − A⁻¹ ∇f(x, θ), with the derivative that H in place of A has, x − H⁻¹∇f with H constant: at a minimiser
/// that is the minimiser's, however far A is from H. A and H are symmetric, n×n.
template <class V>
State<V> metric_step(std::string_view method, const Matrix& A, const Matrix& H, const Oracle<V>& f,
                     const State<V>& s, const V& theta) {
  const V g = f.gradient(s.x, theta);
  if constexpr (std::is_same_v<V, Vector>) {
    return {s.x - metric_direction(method, A, g)};
  } else {
    const V exact = metric_direction(method, H, g);
    const Vector correction = value_of(exact) - metric_direction(method, A, Vector(value_of(g)));
    return {s.x - exact + correction};
  }
}

}  // namespace unroll
