#pragma once

#include <string_view>

#include "unroll/problem/oracle.hpp"

namespace unroll {

/// Backtracking (Armijo 1966): the first h of first_step · shrink^k, k = 0, 1, …, with
///   f(x + h d) ≤ f(x) + decrease · h gᵀd.
/// Where f cannot tell, |f(x + h d) − f(x)| ≤ 1e-10 |f(x)|, slopes decide (Hager & Zhang 2005, eq. 4.1, the
/// same on quadratics):
///   ∇f(x + h d)ᵀd ≤ (2 decrease − 1) gᵀd.
/// h takes countably many values, and is constant around almost every (x, θ): held constant, it makes the
/// derivative of a step the derivative of what was executed, exactly.
struct Armijo {
  double first_step = 1;   // > 0
  double shrink = 0.5;     // in (0, 1)
  double decrease = 1e-4;  // in (0, 1/2)

  /// h for the direction d (n), downhill, at x (n) where the gradient is g (n); 0 where ‖h d‖ would be at
  /// most 1e-14 ‖x‖: x then stays, and ∂x with it, as steps of rounding noise would make ∂x grow without end.
  /// A value of f per trial; values are not counted in the cost. @throws NumericalError unless f and gᵀd ≤ 0
  /// are numbers.
  double operator()(const Oracle<Vector>& f, const Vector& x, const Vector& theta, const Vector& g,
                    const Vector& d) const;
  /// @throws DomainError, naming the method and the option, unless the ranges above hold.
  void check(std::string_view method) const;
};

}  // namespace unroll
