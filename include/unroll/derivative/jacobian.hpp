#pragma once

#include "unroll/derivative/certify_run.hpp"
#include "unroll/derivative/checks.hpp"
#include "unroll/derivative/forward.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/derivative/reverse.hpp"
#include "unroll/solver/solve.hpp"

/// ∂x_T(θ) of a solver's result. All entries: @throws ShapeError, DomainError for a start, θ or options that
/// `run` refuses. Step sizes are constants with respect to θ, unless the solver's step computes them from θ
/// itself.
namespace unroll {

/// ∂x_T(θ), n×p, by unrolling backwards.
template <class S>
Derivative jacobian(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    const SolveOptions& options, const Reverse& method) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_method(method);
  const detail::RecordedRun recorded(problem, solver, start.x, theta, options, [](Index) { return false; });
  Derivative d;
  d.dx = recorded.jacobians({&recorded.last(), 1}, dx0, method.threads).front();
  static_cast<RunRecord&>(d) = recorded.record();
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
/// @throws DomainError unless `at` ascends from 0 on.
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
template <class S>
History jacobian_history(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                         const SolveOptions& options, const Reverse& method,
                         const std::vector<Index>& at = {}) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_method(method);
  const detail::RecordedRun recorded(problem, solver, start.x, theta, options, detail::Selection(at));
  History history;
  history.t = recorded.kept_steps();
  for (const VarVector& x : recorded.kept()) history.x.push_back(x.value());
  history.dx = recorded.jacobians(recorded.kept(), dx0, method.threads);
  history.steps = recorded.record().steps;
  history.status = recorded.record().status;
  history.cost = recorded.record().cost;
  return history;
}

}  // namespace unroll
