#pragma once

#include "unroll/solver/line_search.hpp"

namespace unroll {

/// The line search of methods with long memory: along p, from x where the gradient is g, the step
///   h = −gᵀp/pᵀHp,  H p ≈ (∇f(x + s p) − g)/s,  s = reach (1 + ‖x‖²)^½/‖p‖,
/// exact on quadratics, then shortened until Armijo's condition holds. h and s are differentiated, how often
/// h was shortened is a branch. Steps that are only short enough (Armijo's alone) make ∂x_t of these methods
/// grow while x_t converges: measured, 1e27-fold with Polak–Ribière+ on ridge regression of auto_mpg.
struct SecantSearch {
  double reach = 1e-3;  // > 0: how far, relative to x, curvature is looked for
  Armijo shorten{};     // along h p; its first_step is in units of h

  /// h p (n), zero where that would be at most 1e-14 ‖x‖. Where pᵀHp ≤ 0, h starts from 1. One gradient.
  /// @throws NumericalError as Armijo.
  template <class V>
  V step(const Oracle<V>& f, const V& x, const V& g, const V& p, const V& theta) const;
  /// @throws DomainError, naming the method and the option, unless reach > 0 and finite; and as
  /// Armijo::check.
  void check(std::string_view method) const;
};

}  // namespace unroll
