#pragma once

#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {

namespace detail {

/// Runs the solver on plain arrays and remembers the end alone.
template <class S>
RunRecord run_plain(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                    const SolveOptions& options) {
  RunRecord record;
  auto end = run(Oracle<Vector>(problem, &record.cost), solver, x0, theta, options);
  record.x = std::move(end.state.x);
  record.steps = end.steps;
  record.status = end.status;
  return record;
}

/// The tangents of x, zero if it carries none.
inline Matrix tangents_of(const DualVector& x, Index directions) {
  if (x.directions() == 0) return Matrix::Zero(x.size(), directions);
  return x.tangents();
}

/// Runs the solver on duals, in k directions: ẋ_0 is n×k, θ̇ is p×k. `visit(t, x)` sees the iterates as duals.
template <class S, class Visit>
RunRecord run_forward(const Problem& problem, const S& solver, const Vector& x0, const Matrix& x0_dot,
                      const Vector& theta, const Matrix& theta_dot, const SolveOptions& options,
                      Visit&& visit) {
  check_sizes(problem, x0.size(), theta.size(), "forward");
  RunRecord record;
  const Oracle<DualVector> oracle(problem, &record.cost);
  const auto end = run(oracle, solver, DualVector(x0, x0_dot), DualVector(theta, theta_dot), options,
                       [&](Index t, const auto& state) { visit(t, state.x); });
  record.x = end.state.x.value();
  record.steps = end.steps;
  record.status = end.status;
  return record;
}

}  // namespace detail
}  // namespace unroll
