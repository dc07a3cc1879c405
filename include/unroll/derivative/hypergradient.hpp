#pragma once

#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/products.hpp"

namespace unroll {

/// The derivative of an outer loss F(x_T(θ), θ) in θ.
struct Hypergradient : RunRecord {
  double value = 0;           // F(x_T, θ)
  Vector dtheta{};            // dF/dθ, p, total: ∂_θF + ∂x_T(θ)ᵀ ∂_xF
  Vector dx0{};               // (∂x_T/∂x_0)ᵀ ∂_xF, n
  Certificate certificate{};  // of x_T, as Vjp's
};

namespace detail {

/// F and both its gradients at a point.
struct OuterGradient {
  double value;
  Vector x;      // ∂_xF, n
  Vector theta;  // ∂_θF, p
};

/// @throws DomainError if F is not finite.
void check_outer_value(double value);
[[noreturn]] void outer_ignores_x();

/// One recording and one sweep. @throws DomainError if F does not depend on x, or is not finite.
template <class Outer>
OuterGradient outer_gradient(const Outer& outer, const Vector& x, const Vector& theta) {
  Tape tape;
  const VarVector taped_x = tape.input(x), taped_theta = tape.input(theta);
  const Var y = outer(taped_x, taped_theta);
  check_outer_value(value_of(y));
  if (y.is_constant()) outer_ignores_x();
  const Sweep sweep = tape.sweep(y);
  OuterGradient g{value_of(y), sweep.adjoint(taped_x), sweep.adjoint(taped_theta)};
  if (g.x.isZero(0)) {  // a stationary point, or no dependence?
    Tape of_x;
    const Var again = outer(of_x.input(x), VarVector(theta));
    if (again.is_constant()) outer_ignores_x();
  }
  return g;
}

}  // namespace detail

/// dF/dθ for an outer loss F(x, θ), a template over the array type as the f of make_problem: `outer(x,
/// theta)` for VarVector gives a Var. By any method that has a `vjp`: one run, one pullback.
///
/// x_0 counts as far as `start` says so: with start.dx = ∂x_0(θ), dtheta contains the path through it, and
/// without it x_0 is a constant. Implicit{} has no path through x_0: x* does not depend on it.
/// @throws DomainError if F does not depend on x, or is not finite at x_T, and what `vjp` throws.
template <class Outer, class S, class Method>
Hypergradient hypergradient(const Outer& outer, const Problem& problem, const S& solver, const Start& start,
                            const Vector& theta, const SolveOptions& options, const Method& method) {
  detail::OuterGradient at_end{};
  const Cotangent cotangent = [&](const Vector& x) {
    at_end = detail::outer_gradient(outer, x, theta);
    return at_end.x;
  };
  const Vjp v = vjp(problem, solver, start, theta, cotangent, options, method);
  Hypergradient h;
  static_cast<RunRecord&>(h) = v;
  h.value = at_end.value;
  h.dtheta = v.dtheta + at_end.theta;
  h.dx0 = v.dx0;
  h.certificate = v.certificate;
  return h;
}

}  // namespace unroll
