#pragma once

#include "unroll/derivative/certify_run.hpp"
#include "unroll/derivative/checks.hpp"
#include "unroll/derivative/finite_difference.hpp"
#include "unroll/derivative/forward.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/recorded_run.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/derivative/reverse.hpp"
#include "unroll/solver/solve.hpp"

/// ∂x_T(θ) of a solver's result. All entries: @throws ShapeError, DomainError for a start, θ or options that
/// `run` refuses. Step sizes are constants with respect to θ, unless the solver's step computes them from θ
/// itself.
namespace unroll {

/// Unrolling backwards, of all steps or of the last.
template <class M>
concept Backwards = std::same_as<M, Reverse> || std::same_as<M, OneStep>;

/// ∂x_T(θ), n×p, by unrolling backwards.
template <class S, Backwards Method>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Method& method) {
  const Matrix dx0 = start_jacobian(problem, start);
  const Index n = problem.dimension();
  Derivative d;
  const detail::Pullback back =
      detail::pull_back(problem, solver, start, theta, options,
                        {n, n, [n](const Vector&) { return Matrix::Identity(n, n); }}, method, d);
  d.dx = detail::total_jacobian(back, dx0);
  d.certificate = certify_run(problem, solver, d.x, theta, d.dx, &d.cost);
  return d;
}

/// ∂x_T(θ), n×p, by unrolling forwards.
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Forward&) {
  const Matrix dx0 = start_jacobian(problem, start);
  const Index p = problem.parameters();
  Derivative d;
  DualVector last;
  static_cast<RunRecord&>(d) =
      detail::run_forward(problem, solver, start.x, dx0, theta, Matrix::Identity(theta.size(), theta.size()),
                          options, [&](Index, const DualVector& x) { last = x; });
  d.dx = detail::tangents_of(last, p);
  d.certificate = certify_run(problem, solver, d.x, theta, d.dx, &d.cost);
  return d;
}

/// Of the equation that x* solves, at x_T, n×p: −H⁻¹M, or that of a fixed point. @throws as solve_linear.
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Implicit& method) {
  start_jacobian(problem, start);  // for its checks: the solution does not depend on the start
  check_method(method);
  Derivative d;
  static_cast<RunRecord&>(d) = detail::run_plain(problem, solver, start.x, theta, options);
  d.dx = solve_jacobian(implicit_equation(problem, solver, d.x, theta, method, &d.cost), method);
  d.certificate = certify_run(problem, solver, d.x, theta, d.dx, &d.cost);
  return d;
}

/// By central differences, for checks: 2p runs more. @throws NumericalError if one of them overflows sooner
/// than the run itself, DomainError if θ ± h is outside the problem's domain.
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const FiniteDifference& method) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_method(method);
  Derivative d;
  const auto end = detail::end_of_run(problem, solver, start, theta, options, d);
  const Index p = problem.parameters();
  d.dx = detail::differences_in_theta(end, start, dx0, theta, Matrix::Identity(p, p), method.step);
  d.certificate = certify_run(problem, solver, d.x, theta, d.dx, &d.cost);
  return d;
}

/// By the cheaper mode: a step costs p Hessian-vector products forwards and n backwards, so forwards where p
/// ≤ n.
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options = {}) {
  if (problem.parameters() <= problem.dimension())
    return jacobian(problem, solver, start, theta, options, Forward{});
  return jacobian(problem, solver, start, theta, options, Reverse{});
}

/// ∂x_t for t in `at`, ascending; all t = 0 … T if it is empty. Those beyond the end of the run are left out.
/// Forwards in one run; backwards one recording, and one sweep for every few of the x_t.
/// @throws DomainError unless `at` ascends from 0 on; UnsupportedError backwards with a memory budget or less
/// than all steps.
template <class S>
History jacobian_history(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                         const SolveOptions& options, const Forward&, const std::vector<Index>& at = {}) {
  const Matrix dx0 = start_jacobian(problem, start);
  const detail::Selection selected(at);
  History history;
  const RunRecord record =
      detail::run_forward(problem, solver, start.x, dx0, theta, Matrix::Identity(theta.size(), theta.size()),
                          options, [&](Index t, const DualVector& x) {
                            if (!selected(t)) return;
                            history.t.push_back(t);
                            history.x.push_back(x.value());
                            history.dx.push_back(detail::tangents_of(x, problem.parameters()));
                          });
  history.steps = record.steps;
  history.status = record.status;
  history.cost = record.cost;
  return history;
}
/// The same in reverse mode: the sweeps of all t share recordings.
template <class S>
History jacobian_history(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                         const SolveOptions& options, const Reverse& method,
                         const std::vector<Index>& at = {}) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_history(method);
  const detail::RecordedRun recorded(problem, solver, start.x, theta, options, detail::Selection(at));
  History history;
  history.t = recorded.kept_steps();
  for (const VarVector& x : recorded.kept()) history.x.push_back(x.value());
  history.dx = recorded.jacobians(dx0, method.threads);
  history.steps = recorded.record().steps;
  history.status = recorded.record().status;
  history.cost = recorded.record().cost;
  return history;
}

/// The plan by which `jacobian` (cotangents = n) or `vjp` (1) with a memory budget would go, asked for before
/// the run: takes up to three steps to measure them. @throws DomainError, naming the least budget that would
/// do, if it is too small or there is none.
template <class S>
CheckpointPlan plan(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Reverse& method, Index cotangents = 1) {
  check_method(method, options);
  check_point(problem, start.x, theta, "plan");
  check_options(options);
  check_solver(solver);
  detail::SolverReplay<S, S> replay(problem, solver, solver, start.x, theta, nullptr);
  return detail::plan_replay(replay, theta, options, cotangents, method);
}

}  // namespace unroll
