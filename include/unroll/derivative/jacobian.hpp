#pragma once

#include <concepts>
#include <memory>
#include <vector>

#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/solver/solve.hpp"

/// ∂x_T(θ) of a solver's result, and its products with vectors, by any method. All entries: @throws
/// ShapeError, DomainError for a start, θ or options that `run` refuses, and what the method's products
/// throw. Step sizes are constants with respect to θ, unless the solver's step computes them from θ itself.
namespace unroll {

namespace detail {

/// Stops the compilation unless S is a solver.
template <class S, class Held = const S&>
StepsPtr steps_of(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                  const SolveOptions& options) {
  if constexpr (require_solver<S>())
    return steps_of(problem, AnySolverPtr(new TypedSolver<S, Held>(solver)), start, theta, options);
  else
    return nullptr;  // (it has been said)
}

Derivative jacobian(StepsPtr steps, const Method& method);
Vjp vjp(StepsPtr steps, const Cotangent& cotangent, const Method& method, bool with_start);
Jvp jvp(StepsPtr steps, const Vector& tangent, const Method& method);
History jacobian_history(StepsPtr steps, const std::vector<Index>& at, const Method& method);
CheckpointPlan checkpoint_plan(StepsPtr steps, Index columns, const Reverse& method);

}  // namespace detail

/// The run as a linear map, to be asked for as many products as one likes. Holds a copy of the solver, and
/// refers to the problem.
template <class S>
std::unique_ptr<Linearisation> linearise(const Problem& problem, const S& solver, const Start& start,
                                         const Vector& theta, const SolveOptions& options,
                                         const Method& method, const Wanted& wanted = {}) {
  return method.linearise(detail::steps_of<S, const S>(problem, solver, start, theta, options), wanted);
}

/// A problem that is gone after this line cannot be referred to: give it a name.
template <std::derived_from<Problem> P, class S>
std::unique_ptr<Linearisation> linearise(const P&&, const S&, const Start&, const Vector&,
                                         const SolveOptions&, const Method&, const Wanted& = {}) {
  ad::refuse_temporary<P>();
  return nullptr;
}

/// ∂x_T(θ), n×p, total: through the steps and through x_0(θ).
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Method& method) {
  return detail::jacobian(detail::steps_of(problem, solver, start, theta, options), method);
}
/// By the cheaper mode: a step costs p Hessian-vector products forwards and n backwards, so forwards where p
/// ≤ n.
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options = {}) {
  const bool forwards = problem.parameters() <= problem.dimension();
  return jacobian(problem, solver, start, theta, options, forwards ? Method(Forward{}) : Method(Reverse{}));
}

/// ∂x_T(θ)ᵀ w and (∂x_T/∂x_0)ᵀ w, or Σ_t of those of several iterates (see Cotangent). In reverse mode one
/// sweep; where not all steps are swept the latter is 0, as it is of a solution.
template <class S>
Vjp vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Cotangent& cotangent, const SolveOptions& options, const Method& method = Reverse{}) {
  return detail::vjp(detail::steps_of(problem, solver, start, theta, options), cotangent, method, true);
}

/// ∂x_T(θ) θ̇. In forward mode one tangent.
template <class S>
Jvp jvp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Matrix& tangent, const SolveOptions& options, const Method& method = Forward{}) {
  return detail::jvp(detail::steps_of(problem, solver, start, theta, options),
                     checked_column(tangent, "jvp", "the tangent"), method);
}

/// ∂x_t for t in `at`, ascending; all t = 0 … T if it is empty. Those beyond the end of the run are left out.
/// Forwards in one run; backwards one recording, or one by checkpoints, and one sweep for every few of the
/// x_t.
/// @throws DomainError unless `at` ascends from 0 on; UnsupportedError by methods that know x_T alone.
template <class S>
History jacobian_history(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                         const SolveOptions& options, const Method& method,
                         const std::vector<Index>& at = {}) {
  return detail::jacobian_history(detail::steps_of(problem, solver, start, theta, options), at, method);
}

/// The plan by which `jacobian` (cotangents = n) or `vjp` (1) with a memory budget would go, asked for before
/// the run: takes up to three steps to measure them. @throws DomainError, naming the least budget that would
/// do, if it is too small or there is none.
template <class S>
CheckpointPlan plan(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Reverse& method, Index cotangents = 1) {
  return detail::checkpoint_plan(detail::steps_of(problem, solver, start, theta, options), cotangents,
                                 method);
}

}  // namespace unroll
