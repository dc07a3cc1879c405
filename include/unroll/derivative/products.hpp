#pragma once

#include "unroll/derivative/cotangent.hpp"
#include "unroll/derivative/jacobian.hpp"

/// Products with ∂x_T(θ), which cost less than the Jacobian: `vjp` pulls one cotangent back, `jvp` pushes one
/// tangent forward. All entries: @throws ShapeError naming the sizes, and what `jacobian` throws.
namespace unroll {

/// ∂x_T(θ)ᵀ w and (∂x_T/∂x_0)ᵀ w: one sweep. Where not all steps are swept the latter is 0.
template <class S, Backwards Method = Reverse>
Vjp vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Cotangent& cotangent, const SolveOptions& options, const Method& method = {}) {
  const Matrix dx0 = start_jacobian(problem, start);
  cotangent.check(problem.dimension());
  Vjp v;
  const detail::Pullback back = detail::pull_back(problem, solver, start, theta, options,
                                                  {problem.dimension(), 1, cotangent}, method, v);
  v.dx0 = back.x0.col(0);
  v.dtheta = back.theta.col(0) + dx0.transpose() * v.dx0;
  v.certificate = certify_run_point(problem, solver, v.x, theta, &v.cost);
  return v;
}

/// The same by forward mode: p + n tangents, for checks.
template <class S>
Vjp vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Cotangent& cotangent, const SolveOptions& options, const Forward&) {
  const Matrix dx0 = start_jacobian(problem, start);
  cotangent.check(problem.dimension());
  const Index n = problem.dimension();
  const Index p = problem.parameters();
  Matrix x0_dot(n, p + n);
  x0_dot << dx0, Matrix::Identity(n, n);
  DualVector last;
  Vjp v;
  static_cast<RunRecord&>(v) =
      detail::run_forward(problem, solver, start.x, x0_dot, theta, Matrix::Identity(p, p + n), options,
                          [&](Index, const DualVector& x) { last = x; });
  const Vector product = detail::tangents_of(last, p + n).transpose() * cotangent(v.x);
  v.dtheta = product.head(p);
  v.dx0 = product.tail(n);
  v.certificate = certify_run_point(problem, solver, v.x, theta, &v.cost);
  return v;
}

/// Of the equation that x* solves, at x_T: −Mᵀ H⁻¹ w, or that of a fixed point; x* does not depend on x_0.
/// @throws as solve_linear.
template <class S>
Vjp vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Cotangent& cotangent, const SolveOptions& options, const Implicit& method) {
  start_jacobian(problem, start);  // for its checks
  check_method(method);
  cotangent.check(problem.dimension());
  Vjp v;
  static_cast<RunRecord&>(v) = detail::run_plain(problem, solver, start.x, theta, options);
  const Vector w = cotangent(v.x);
  const ImplicitEquation equation = implicit_equation(problem, solver, v.x, theta, method, &v.cost);
  v.dtheta = equation.forcing_transposed(solve_adjoint(equation, w, method));
  v.dx0 = Vector::Zero(problem.dimension());
  v.certificate = certify_run_point(problem, solver, v.x, theta, &v.cost);
  return v;
}

/// By central differences, for checks: 2p + 2n runs more. @throws as `jacobian`.
template <class S>
Vjp vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Cotangent& cotangent, const SolveOptions& options, const FiniteDifference& method) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_method(method);
  cotangent.check(problem.dimension());
  Vjp v;
  const auto end = detail::end_of_run(problem, solver, start, theta, options, v);
  const Vector w = cotangent(v.x);
  const Index p = problem.parameters();
  v.dtheta =
      detail::differences_in_theta(end, start, dx0, theta, Matrix::Identity(p, p), method.step).transpose() *
      w;
  v.dx0 = detail::differences_in_start(end, start.x, theta, method.step).transpose() * w;
  v.certificate = certify_run_point(problem, solver, v.x, theta, &v.cost);
  return v;
}

/// ∂x_T(θ) θ̇: one tangent.
template <class S>
Jvp jvp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Vector& tangent, const SolveOptions& options, const Forward& = {}) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_product("jvp", "tangent", tangent, problem.parameters());
  DualVector last;
  Jvp j;
  static_cast<RunRecord&>(j) = detail::run_forward(problem, solver, start.x, dx0 * tangent, theta, tangent,
                                                   options, [&](Index, const DualVector& x) { last = x; });
  j.dx = detail::tangents_of(last, 1).col(0);
  j.certificate = certify_run_tangent(problem, solver, j.x, theta, j.dx, tangent, &j.cost);
  return j;
}

/// By a central difference, for checks: 2 runs more. @throws as `jacobian`.
template <class S>
Jvp jvp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Vector& tangent, const SolveOptions& options, const FiniteDifference& method) {
  const Matrix dx0 = start_jacobian(problem, start);
  check_method(method);
  check_product("jvp", "tangent", tangent, problem.parameters());
  Jvp j;
  const auto end = detail::end_of_run(problem, solver, start, theta, options, j);
  j.dx = detail::differences_in_theta(end, start, dx0, theta, tangent, method.step).col(0);
  j.certificate = certify_run_tangent(problem, solver, j.x, theta, j.dx, tangent, &j.cost);
  return j;
}

/// The same through the whole Jacobian, backwards: for checks.
template <class S, Backwards Method>
Jvp jvp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Vector& tangent, const SolveOptions& options, const Method& method) {
  check_product("jvp", "tangent", tangent, problem.parameters());
  const Derivative d = jacobian(problem, solver, start, theta, options, method);
  Jvp j;
  static_cast<RunRecord&>(j) = d;
  j.dx = d.dx * tangent;
  j.certificate = certify_run_tangent(problem, solver, j.x, theta, j.dx, tangent, &j.cost);
  return j;
}

/// Of the equation that x* solves, at x_T: one right-hand side. @throws as solve_linear.
template <class S>
Jvp jvp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
        const Vector& tangent, const SolveOptions& options, const Implicit& method) {
  start_jacobian(problem, start);  // for its checks
  check_method(method);
  check_product("jvp", "tangent", tangent, problem.parameters());
  Jvp j;
  static_cast<RunRecord&>(j) = detail::run_plain(problem, solver, start.x, theta, options);
  j.dx = solve_pushforward(implicit_equation(problem, solver, j.x, theta, method, &j.cost), tangent, method);
  j.certificate = certify_run_tangent(problem, solver, j.x, theta, j.dx, tangent, &j.cost);
  return j;
}

}  // namespace unroll
