#pragma once

#include <functional>

#include "unroll/derivative/checks.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/plan.hpp"
#include "unroll/derivative/replay.hpp"
#include "unroll/derivative/result.hpp"

namespace unroll::detail {

/// What a sweep brought back from an iterate: to x_0 (n×s) and to θ (p×s).
struct Pullback {
  Matrix x0;
  Matrix theta;
};

/// What is pulled back from x_T, n×s: known before the run or, at(x_T), after it.
struct EndCotangents {
  Index rows, columns;
  std::function<Matrix(const Vector& x)> at;
};

/// Runs, and pulls the columns of `cotangents` back from x_T, over the segments that the method asks
/// for. `record` counts into the cost that the replay counts into.
Pullback pull_back(Replay& replay, const Vector& theta, const SolveOptions& options,
                   const EndCotangents& cotangents, const Reverse& method, RunRecord& record);

/// The plan that `pull_back` of `columns` cotangents would make.
CheckpointPlan plan_replay(Replay& replay, const Vector& theta, const SolveOptions& options, Index columns,
                           const Reverse& method);

/// ∂x_T(θ), n×p, total, given ∂x_0.
Matrix total_jacobian(const Pullback& back, const Matrix& dx0);

/// Checks all arguments as `run` does, and runs backwards.
template <class S, class Method>
Pullback pull_back(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                   const SolveOptions& options, const EndCotangents& cotangents, const Method& method,
                   RunRecord& record) {
  check_method(method, options);
  check_point(problem, start.x, theta, "solve");
  check_options(options);
  check_solver(solver);
  if (options.observer) options.observer(0, start.x);
  if constexpr (std::is_same_v<Method, OneStep> && HasFrozenStep<S, VarVector>) {
    const Frozen<S> frozen{solver};
    SolverReplay<S, Frozen<S>> replay(problem, solver, frozen, start.x, theta, &record.cost);
    return pull_back(replay, theta, options, cotangents, as_reverse(method, options), record);
  } else {
    SolverReplay<S, S> replay(problem, solver, solver, start.x, theta, &record.cost);
    return pull_back(replay, theta, options, cotangents, as_reverse(method, options), record);
  }
}

}  // namespace unroll::detail
