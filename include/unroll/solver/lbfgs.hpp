#pragma once

#include <vector>

#include "unroll/solver/equation.hpp"
#include "unroll/solver/secant_search.hpp"

namespace unroll {

/// L-BFGS (Nocedal 1980; Liu & Nocedal 1989): x_{t+1} = x_t − h_t B_t ∇f(x_t), where B_t is the BFGS
/// approximation of H⁻¹ from the last `memory` pairs s = x_t − x_{t−1}, y = ∇f(x_t) − ∇f(x_{t−1}), started
/// from (sᵀy/yᵀy) I, and applied by the two-loop recursion; h_t by SecantSearch, in which quadratics make it
/// conjugate gradients.
/// For any differentiable f. Two gradients a step. B_t and h_t are differentiated. A pair is passed over
/// unless sᵀy > 1e-10 ‖s‖‖y‖, so that B_t is positive definite, and where ‖s‖ ≤ 1e-10 max(1, ‖x‖), as
/// cancellation leaves y with few digits: from there on B_t is held. Where
/// the gradient is zero ∂x becomes that of the minimiser (see stationary.hpp).
struct Lbfgs {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  Index memory = 10;                                        // pairs, ≥ 1
  SecantSearch search{};                                    // for h_t

  /// @throws DomainError unless memory ≥ 1, and as SecantSearch::check.
  void check() const;

  template <class V>
  struct State {
    V x;                     // n, x_t
    V previous;              // n, x_{t−1}
    V gradient;              // n, ∇f(x_{t−1}) from the first step on
    std::vector<V> steps;    // s, n each, the oldest first
    std::vector<V> changes;  // y, n each, likewise
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, V(Vector(Vector::Zero(x0.size()))), {}, {}};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
