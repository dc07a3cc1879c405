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

/// x − A⁻¹ ∇f(x, θ).
template <class V>
State<V> metric_step(std::string_view method, const Matrix& A, const Oracle<V>& f, const State<V>& s,
                     const V& theta) {
  return {s.x - metric_direction(method, A, f.gradient(s.x, theta))};
}

}  // namespace unroll
