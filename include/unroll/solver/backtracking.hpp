#pragma once

#include "unroll/ad/operators.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/line_search.hpp"
#include "unroll/solver/state.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {

/// Gradient descent with backtracking (Armijo 1966; Nocedal & Wright, Numerical Optimization, 2006,
/// algorithm 3.1): x_{t+1} = x_t − h_t ∇f(x_t), h_t from `search`.
/// For any differentiable f; no spectrum needed. h_t is constant around almost every θ, and its derivative
/// zero: ∂x_{t+1} = (I − h_t H) ∂x_t − h_t M. That ∂x_t converges is not promised: where the accepted step
/// sizes happen to be 1/λ of an eigenvalue the iterate loses that component exactly, the search goes on as if
/// it were not there, and ∂x_t, which is not rid of it, can stall. Where the
/// gradient is zero ∂x becomes that of the minimiser (see stationary.hpp).
struct Backtracking {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  Armijo search{};                                          // for h_t

  /// @throws DomainError as Armijo::check.
  void check() const { search.check("backtracking"); }

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V g = f.gradient(s.x, theta);
    const Vector numbers = value_of(g);
    if (detail::is_stationary(numbers))
      return {detail::stationary_step("backtracking", f, s.x, g, theta, search.first_step)};
    const double h = search(f.plain(), value_of(s.x), value_of(theta), numbers, ad::negative(numbers));
    if (h == 0) return {detail::idle_step("backtracking", f, s.x, g, theta, t, search.first_step)};
    return {s.x - h * g};
  }
};

}  // namespace unroll
