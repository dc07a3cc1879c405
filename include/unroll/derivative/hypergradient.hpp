#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"

namespace unroll {

/// The derivative of an outer loss F(x_T(θ), θ) in θ.
struct Hypergradient : RunRecord {
  double value = 0;  // F(x_T, θ)
  Vector dtheta{};   // dF/dθ, p, total: ∂_θF + ∂x_T(θ)ᵀ ∂_xF
  Vector dx0{};      // (∂x_T/∂x_0)ᵀ ∂_xF, n; empty by methods that it would cost something
  Vector adjoint{};  // λ, n, as Vjp's
  // Of dtheta, F's own part included; of x_T alone where no λ is known, and of a loss along the run.
  Certificate certificate{};
  std::optional<double> value_error{};  // ≥ |F(x_T, θ) − F(x*, θ)|, where the certificate bounds ‖x_T − x*‖
};

namespace detail {

/// ‖∂²F/∂x²‖ and ‖∂²F/∂θ∂x‖ at a point, from below: by a few steps of power iterations. Infinite by
/// primitives without second derivatives.
struct OuterCurvature {
  double x, theta;
};
template <class Outer>
OuterCurvature outer_curvature(const Outer& outer, const Vector& x, const Vector& theta, const Vector& w) {
  constexpr double unknown = std::numeric_limits<double>::infinity();
  const Index n = x.size(), p = theta.size();
  OuterCurvature curvature{0, 0};
  const auto generic = [](Index size) { return Vector(Vector::LinSpaced(size, 1, 2).stableNormalized()); };
  // Not from w alone: it may vanish, or be blind to where F bends.
  Matrix x_dot = Matrix::Zero(n, 3), theta_dot = Matrix::Zero(p, 3);
  x_dot.col(0) = (w.stableNormalized() + generic(n)).stableNormalized();
  x_dot.col(1) = generic(n);
  if (p > 0) theta_dot.col(2) = generic(p);
  try {
    for (int product = 0; product < 5; ++product) {
      Tape tape(3);
      const VarVector taped_x = tape.input(x, x_dot), taped_theta = tape.input(theta, theta_dot);
      const Var y = outer(taped_x, taped_theta);
      if (y.is_constant()) break;
      const Sweep sweep = tape.sweep(y);
      const Matrix of_x = sweep.adjoint(taped_x).rightCols(3),
                   of_theta = sweep.adjoint(taped_theta).rightCols(3);
      curvature.x = std::max(curvature.x, of_x.col(0).stableNorm());
      for (const double size :
           {of_theta.col(0).stableNorm(), of_theta.col(1).stableNorm(), of_x.col(2).stableNorm()})
        curvature.theta = std::max(curvature.theta, size);
      const Vector across = of_x.col(2), back = of_theta.col(1);
      if (of_x.col(0).stableNorm() > 0) x_dot.col(0) = of_x.col(0).stableNormalized();
      if (across.stableNorm() > 0) x_dot.col(1) = across.stableNormalized();
      if (back.stableNorm() > 0) theta_dot.col(2) = back.stableNormalized();
    }
  } catch (const UnsupportedError&) {
    return {unknown, unknown};
  }
  return curvature;
}

/// F and both its gradients at a point.
struct OuterGradient {
  double value;
  Vector x;      // ∂_xF, n
  Vector theta;  // ∂_θF, p
};

/// @throws DomainError if F is not finite.
void check_outer_value(double value);
[[noreturn]] void outer_ignores_x();

/// Whether an outer loss of which no x is part is an error: of one iterate among many it is none.
enum class OuterMayIgnoreX { yes, no };

/// One recording and one sweep. @throws DomainError if F does not depend on x, or is not finite.
template <class Outer>
OuterGradient outer_gradient(const Outer& outer, const Vector& x, const Vector& theta, OuterMayIgnoreX may) {
  Tape tape;
  const VarVector taped_x = tape.input(x), taped_theta = tape.input(theta);
  const Var y = outer(taped_x, taped_theta);
  check_outer_value(value_of(y));
  if (y.is_constant()) {
    if (may == OuterMayIgnoreX::no) outer_ignores_x();
    return {value_of(y), {}, Vector::Zero(theta.size())};
  }
  const Sweep sweep = tape.sweep(y);
  OuterGradient g{value_of(y), sweep.adjoint(taped_x), sweep.adjoint(taped_theta)};
  if (may == OuterMayIgnoreX::no && g.x.isZero(0)) {  // a stationary point, or no dependence?
    Tape of_x;
    const Var again = outer(of_x.input(x), VarVector(theta));
    if (again.is_constant()) outer_ignores_x();
  }
  return g;
}

}  // namespace detail

/// dF/dθ for an outer loss F(x_T, θ), a template over the array type as the f of make_problem: `outer(x,
/// theta)` for VarVector gives a Var. Or for a loss along the run, F = Σ_t F_t(x_t, θ), t = 0 … T:
/// `outer(t, x, theta)`. One run, one pullback.
///
/// x_0 counts as far as `start` says so: with an x_0(θ), dtheta contains the path through it, and without it
/// x_0 is a constant. A solution has no path through x_0.
/// @throws DomainError if F does not depend on x, or is not finite, and what `vjp` throws.
template <class Outer, class S>
Hypergradient hypergradient(const Outer& outer, const Problem& problem, const S& solver, const Start& start,
                            const Vector& theta, const SolveOptions& options,
                            const Method& method = Reverse{}) {
  Hypergradient h;
  Vector partial = Vector::Zero(theta.size()), w;  // ∂_θF; ∂_xF at x_T
  detail::OuterCurvature curvature{std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::infinity()};
  bool has_slope = true;  // whether ∂_xF is finite
  const auto finite = [&](Vector of_x) {
    if (of_x.allFinite()) return of_x;
    has_slope = false;
    return Vector(Vector::Zero(of_x.size()));
  };
  constexpr bool is_along = std::is_invocable_v<const Outer&, Index, const VarVector&, const VarVector&>,
                 is_outer =
                     is_along || std::is_invocable_r_v<Var, const Outer&, const VarVector&, const VarVector&>;
  static_assert(is_outer,
                "the outer loss must be const, accept const VarVector& twice, x and theta, and give a Var; "
                "of blocks: OnBlocks{loss, layout of x, layout of theta}, a size for what is no block");
  Cotangent cotangent = [&]() -> Cotangent {
    if constexpr (is_along) {
      return [&](Index t, const Vector& x) {
        const auto at_t = [&](const auto& xt, const auto& th) { return outer(t, xt, th); };
        detail::OuterGradient g = detail::outer_gradient(at_t, x, theta, detail::OuterMayIgnoreX::yes);
        h.value += g.value;
        partial += g.theta;
        return finite(std::move(g.x));
      };
    } else {
      return [&](const Vector& x) {
        detail::OuterGradient g = detail::outer_gradient(outer, x, theta, detail::OuterMayIgnoreX::no);
        h.value = g.value;
        partial = g.theta;
        return w = finite(std::move(g.x));
      };
    }
  }();
  cotangent.belongs_to([&](const Vector& x, const Vector& of_x) {
    if constexpr (!is_along) curvature = detail::outer_curvature(outer, x, theta, of_x);
    return detail::OuterPart{partial, curvature.x, curvature.theta};
  });
  const Vjp v =
      detail::vjp(detail::steps_of(problem, solver, start, theta, options), cotangent, method, false);
  static_cast<RunRecord&>(h) = v;
  h.dtheta = v.dtheta + partial;
  h.dx0 = v.dx0;
  h.adjoint = v.adjoint;
  h.certificate = v.certificate;
  if (!has_slope) {  // what was pulled back stood for no cotangent, and proves nothing
    for (Vector* const derivative : {&h.dtheta, &h.dx0, &h.adjoint})
      derivative->setConstant(std::numeric_limits<double>::quiet_NaN());
    h.certificate = {};
  }
  if (!(partial.allFinite() && has_slope) && h.status != Status::non_finite) {
    h.status = Status::non_finite_derivative;
    h.origin = has_slope ? "the outer loss, differentiated in theta" : "the outer loss, differentiated in x";
  }
  h.certificate.norm = h.dtheta.stableNorm();
  if (const std::optional<double>& d = h.certificate.distance; d && std::isfinite(curvature.x))
    h.value_error = *d * (w.stableNorm() + 0.5 * curvature.x * *d);
  return h;
}

}  // namespace unroll
