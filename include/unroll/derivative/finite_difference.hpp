#pragma once

#include <functional>

#include "unroll/derivative/checks.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/solver/run.hpp"

namespace unroll::detail {

/// The end of a run as a function of its start and θ.
using EndOfRun = std::function<Vector(const Vector& x0, const Vector& theta)>;

/// Central differences of the end in the columns of `theta_dot` (p×k), x_0 moving with ∂x_0: n×k. The step in
/// a direction v is h = step / max_i(|v_i|/|θ_i|), |θ_i| replaced by 1 where it is 0.
Matrix differences_in_theta(const EndOfRun& end, const Start& start, const Matrix& dx0, const Vector& theta,
                            const Matrix& theta_dot, double step);
/// In every entry of x_0, n×n, with h = step · max(1, |x_i|).
Matrix differences_in_start(const EndOfRun& end, const Vector& x0, const Vector& theta, double step);

/// @throws NumericalError unless a run of a difference got as far as the run at θ.
void check_end(Index steps, Index wanted);

/// Runs, fills in the record, and returns the end of as many steps as it took.
template <class S>
EndOfRun end_of_run(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, RunRecord& record) {
  const Oracle<Vector> oracle(problem, &record.cost);
  auto base = run(oracle, solver, start.x, theta, options);
  record.x = std::move(base.state.x);
  record.steps = base.steps;
  record.status = base.status;
  return [&solver, oracle, steps = base.steps](const Vector& x0, const Vector& moved) {
    auto end = run(oracle, solver, x0, moved, {.steps = steps});
    check_end(end.steps, steps);
    return Vector(std::move(end.state.x));
  };
}

}  // namespace unroll::detail
