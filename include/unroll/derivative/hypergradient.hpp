#pragma once

#include <functional>
#include <optional>
#include <type_traits>

#include "unroll/derivative/jacobian.hpp"

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
/// F(x_T, θ) on a tape, or, of a loss along the run, F_t(x_t, θ).
struct OuterLoss {
  std::function<Var(Index t, const VarVector& x, const VarVector& theta)> at;
  bool is_along;
};
/// Of runs that `run` makes.
Hypergradient hypergradient(const OuterLoss& outer, const std::function<StepsPtr()>& run, const Vector& theta,
                            const Method& method);
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
  constexpr bool is_along = std::is_invocable_v<const Outer&, Index, const VarVector&, const VarVector&>,
                 is_outer =
                     is_along || std::is_invocable_r_v<Var, const Outer&, const VarVector&, const VarVector&>;
  static_assert(is_outer,
                "the outer loss must be const, accept const VarVector& twice, x and theta, (along the run "
                "an Index t before them) and give a Var; of blocks: OnBlocks{loss, layout of x, layout of "
                "theta}, a size for what is no block");
  if constexpr (is_outer) {
    const auto at = [&](Index t, const VarVector& x, const VarVector& th) -> Var {
      if constexpr (is_along)
        return outer(t, x, th);
      else
        return outer(x, th);
    };
    const auto run = [&] { return detail::steps_of(problem, solver, start, theta, options); };
    return detail::hypergradient({at, is_along}, run, theta, method);
  } else {
    return {};  // (it has been said)
  }
}

}  // namespace unroll
