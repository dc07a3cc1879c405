#pragma once

#include "unroll/check/findings.hpp"
#include "unroll/check/options.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {

/// Whether a solver claims that its step does not depend on t.
enum class StepsMay { depend_on_t, not_depend_on_t };

namespace detail {
Findings check_solver(AnySolverPtr solver, const Problem& problem, const Vector& x0, const Vector& theta,
                      const SolveOptions& options, const CheckOptions& allowed, StepsMay may);
}  // namespace detail

/// Checks a solver on a problem, from x_0 at θ and for options.steps steps, few enough that differences of
/// the run are meaningful:
///   steps       run without an exception, keep the shapes of the state, give the same bits when they are
///               taken again from one state, and do not depend on t if they are said not to;
///   state       says, and that is no fault, which members depend on θ alone: a prepare(θ) makes them once;
///   x_T         is the same on plain, dual and taped arrays;
///   ∂x_T        by Reverse{} is that by Forward{}, to rounding beside the largest ∂x_t of the run and
///               ‖x_T‖/‖θ‖, and both are differences of the run.
/// @throws as check_point and check_options.
template <class S>
Findings check_solver(const S& solver, const Problem& problem, const Vector& x0, const Vector& theta,
                      const SolveOptions& options = {.steps = 10}, const CheckOptions& allowed = {},
                      StepsMay may = StepsMay::depend_on_t) {
  if constexpr (require_solver<S>())
    return detail::check_solver(detail::AnySolverPtr(new detail::TypedSolver<S, const S&>(solver)), problem,
                                x0, theta, options, allowed, may);
  else
    return {};  // (it has been said)
}

}  // namespace unroll
