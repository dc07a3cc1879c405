#pragma once

#include <string>
#include <vector>

#include "unroll/problem/cost.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {

/// A run of a solver on plain arrays.
struct Trajectory {
  std::vector<Vector> iterates;  // x_0 … x_steps, all finite
  Status status;                 // how the run ended
  Index steps;                   // taken with a finite result
  Cost cost;                     // what it took

  /// The last iterate.
  const Vector& x() const { return iterates.back(); }
  /// Says how the run ended, at which step, and what to do about it; and warns where all steps were taken and
  /// ‖x_T − x_{T−1}‖ ≥ ‖x_1 − x_0‖.
  std::string message() const;
};

/// How a run ended, at which step, and what to do about it.
std::string message(Status status, Index steps);

namespace detail {
Trajectory solve(const Problem& problem, const SolverIn<Vector>& solver, const Vector& x0,
                 const Vector& theta, const SolveOptions& options);
}  // namespace detail

/// Runs the solver from x0 (n) at theta (p) until options.steps, or until options.tolerance is met.
/// @throws as check_point and check_options, and what the solver's own check() throws. An iterate that is not
/// finite is no exception but a Status.
template <class S>
Trajectory solve(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                 const SolveOptions& options = {}) {
  if constexpr (require_solver<S, Vector>()) {
    check_point(problem, x0, theta, "solve");
    check_options(options);
    check_solver(solver);
    return detail::solve(problem, detail::SolverOf<S, Vector>(solver), x0, theta, options);
  } else {
    return {};  // (it has been said)
  }
}
/// The same from an expression. @throws ShapeError unless it is a column.
template <class S, class D>
Trajectory solve(const Problem& problem, const S& solver, const Eigen::MatrixBase<D>& x0, const Vector& theta,
                 const SolveOptions& options = {}) {
  return solve(problem, solver, checked_column(x0, "solve"), theta, options);
}

}  // namespace unroll
