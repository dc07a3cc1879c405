#pragma once

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/linear_solve.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// Newton's method for ∇f = 0, and for a root F(x, θ) = 0, with Levenberg's damping μ:
///   x_{t+1} = x_t − α (A + μI)⁻¹ G,  G = ∇f(x_t, θ) and A = H, or G = F and A = ∂_xF;  α = 1, or as
///   `halvings` says.
/// A is formed by n products and factorised: by Cholesky, where H + μI must be positive definite; of a root,
/// by LU. Where the problem has a `pattern()`, by as many products as that needs, and as a sparse matrix. Or
/// it is never formed, and the direction found by iterations of products: see `linear`.
///
/// Unrolled, α is a constant, and ∂H comes in: δ = A⁻¹G has A δ̇ = Ġ − Ȧ δ, by one recording with tangents
/// (of a root n of them forwards). That takes third derivatives of an objective, see Problem::third_order;
/// where a hand-written problem has none, a derivative of the step @throws UnsupportedError: take
/// `Implicit{}` there, or `OneStep{}`, as `frozen_step` has the derivative of the solution at a fixed point.
/// @throws NumericalError, naming the pivot, unless H + μI is positive definite; of a root if ∂_xF + μI is
/// singular, naming its smallest singular value where it is dense; as solve_linear, where that is asked.
struct Newton {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double damping = 0;                                       // μ ≥ 0, frozen with respect to θ
  // α is halved at most so often, until ‖∇f‖, or ‖F‖, falls; a gradient each. 0: α = 1.
  Index halvings = 0;
  // How the direction is found. automatic: sparse where the problem has a pattern, else dense.
  // conjugate_gradient (of an objective), gmres, bicgstab: to `tolerance` of ‖G‖, and no matrix is formed.
  LinearOptions linear{};

  /// @throws DomainError unless μ ≥ 0 is finite, and halvings ≥ 0; and as LinearOptions::check.
  void check() const;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
  /// The same values, with the derivative of x_t − H(x_t, θ)⁻¹∇f(x_t, θ), H constant: ∂x_{t+1} = −H⁻¹M,
  /// whatever μ and α.
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const;
};

}  // namespace unroll
