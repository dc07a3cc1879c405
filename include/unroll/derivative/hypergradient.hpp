#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "unroll/ad/gradient.hpp"
#include "unroll/ad/plain.hpp"
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
/// Directions in x and θ, n×3 and p×3, that power iterations turn towards where F bends most: those of
/// ∂²F/∂x² in the first column, of ∂²F/∂θ∂x and its transpose in the others; and how much it bends there.
struct OuterDirections {
  Matrix x, theta;
  OuterCurvature curvature{0, 0};
  OuterDirections(Index n, Index p, const Vector& w);
  /// Their images under ∂²F: n×3, p×3.
  void turn(const Matrix& of_x, const Matrix& of_theta);
};
template <class Outer>
OuterCurvature outer_curvature(const Outer& outer, const Vector& x, const Vector& theta, const Vector& w) {
  constexpr double unknown = std::numeric_limits<double>::infinity();
  OuterDirections directions(x.size(), theta.size(), w);
  try {
    for (int product = 0; product < 5; ++product) {
      Tape tape(3);
      const VarVector taped_x = tape.input(x, directions.x),
                      taped_theta = tape.input(theta, directions.theta);
      const Var y = outer(taped_x, taped_theta);
      if (y.is_constant()) break;
      const Sweep sweep = tape.sweep(y);
      directions.turn(ad::last_columns(sweep.adjoint(taped_x), 3),
                      ad::last_columns(sweep.adjoint(taped_theta), 3));
    }
  } catch (const UnsupportedError&) {
    return {unknown, unknown};
  }
  return directions.curvature;
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
  std::vector<bool> seen;  // of a loss along the run: which F_t counted
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
        const auto i = static_cast<std::size_t>(t);
        if (i >= seen.size()) seen.resize(i + 1);
        seen[i] = true;
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
  if constexpr (is_along) {  // those before the last steps count, too, where the run is truncated
    const auto count = [&](Index t, const Vector& x) {
      const auto i = static_cast<std::size_t>(t);
      if (i < seen.size() && seen[i]) return;
      const detail::OuterGradient g =
          detail::outer_gradient([&](const auto& xt, const auto& th) { return outer(t, xt, th); }, x, theta,
                                 detail::OuterMayIgnoreX::yes);
      h.value += g.value;
      partial += g.theta;
    };
    if (std::count(seen.begin(), seen.end(), true) <= v.steps)
      detail::show_run(detail::steps_of(problem, solver, start, theta, options), v.steps, count);
  }
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
