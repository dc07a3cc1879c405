#include "unroll/derivative/second_order.hpp"

#include <utility>

#include "derivative/run/steps.hpp"

namespace unroll {
namespace detail {
namespace {
/// @throws DomainError unless the method sweeps all steps, and returns what it swept; ShapeError.
void check_second_vjp(const Problem& problem, const Vector& cotangent, const Vector& tangent,
                      const Reverse& method) {
  check_product("second_vjp", "cotangent", cotangent, problem.dimension());
  check_product("second_vjp", "tangent", tangent, problem.parameters());
  if (method.memory_budget > 0 || !method.last_steps.is_all() || method.at_end || method.corrected)
    throw DomainError(
        "second_vjp: takes Reverse{} of all steps on one tape, without memory_budget, last_steps, "
        "corrected or at_end");
}

/// Where the pullback is not finite, how the run itself ended, and where that came from.
void note_origin(SecondVjp& second, const Steps& steps) {
  Steps again(steps.problem(), steps.solver(), steps.start(), steps.theta(),
              {.steps = steps.options().steps, .tolerance = steps.options().tolerance});
  again.run();
  if (!second.dtheta.allFinite()) note_non_finite_derivative(again);
  second.origin = again.record.origin;
  second.status = Status::non_finite_derivative;
}
}  // namespace

SecondVjp second_vjp(StepsPtr steps, const Vector& cotangent, const Vector& tangent, const Implicit& method) {
  if ((method.equation == Equation::automatic ? steps->equation() : method.equation) != Equation::gradient)
    throw UnsupportedError(
        "second_vjp: Implicit{} has second derivatives where ∇f = 0 is what the solver solves and declares "
        "(Equation::gradient); take Reverse{}, or Implicit{.equation = Equation::gradient} if it is");
  steps->run();
  SecondVjp second = implicit_second_vjp(steps->problem(), steps->record.x, steps->theta(), cotangent,
                                         tangent, method, &steps->record.cost);
  static_cast<RunRecord&>(second) = steps->record;
  return second;
}

SecondVjp second_vjp(StepsPtr steps, const Vector& cotangent, const Vector& tangent, const Reverse& method) {
  const Problem& problem = steps->problem();
  const SolveOptions& options = steps->options();
  check_second_vjp(problem, cotangent, tangent, method);
  method.check(options);
  if (options.observer) options.observer(0, steps->x0());
  SecondVjp second;
  second.theta = steps->theta();
  Tape tape(1);
  steps->solver()->watch(tape);
  const SolverIn<VarVector>& solver = steps->solver()->taped();
  const auto record = [&](const SolveOptions& how) -> Matrix {
    const VarVector theta = tape.input(steps->theta(), tangent);
    const Oracle<VarVector> f(problem, &second.cost);
    const auto prepared = solver.prepare(theta);
    StatePtr<VarVector> state = solver.start(steps->start().on(theta), theta);
    const auto end = loop<VarVector>({solver, f, theta, *prepared}, state, {0, how.steps}, how);
    const VarVector x = state->iterate();
    second.x = x.value();
    second.steps = end.steps;
    second.status = whole_status(end.status, end.steps, end.accepted);
    second.cost.tape_bytes = tape.statistics().bytes();
    if (x.is_constant()) return Matrix::Zero(theta.size(), 2);
    Matrix seed = Matrix::Zero(x.size(), 2);
    seed.col(0) = cotangent;
    return tape.sweep(x, seed).adjoint(theta);
  };
  SolveOptions unobserved = options;
  unobserved.observer = {};
  bool is_first = true;
  const Matrix adjoint =
      ad::over_rays(tape, [&] { return record(std::exchange(is_first, false) ? options : unobserved); });
  second.dtheta = adjoint.col(0);
  second.dtheta_dot = adjoint.col(1);
  if (!adjoint.allFinite() && second.status != Status::non_finite) note_origin(second, *steps);
  return second;
}

Matrix implicit_pull_with_tangents(const Problem& problem, const ImplicitEquation& equation, const Vector& x,
                                   const Vector& theta, const Matrix& w, const Matrix& theta_dot,
                                   const LinearOptions& linear) {
  const Index k = theta_dot.cols();
  const Vector lambda = equation.adjoint(w.col(0), linear);
  const SecondOrder moved =
      checked_third_order(problem, x, theta, lambda, equation.push(theta_dot, linear), theta_dot);
  Matrix pulled(theta.size(), 1 + k);
  pulled.col(0) = equation.pull(lambda);
  pulled.rightCols(k) = equation.pull(equation.adjoint(w.rightCols(k) - moved.dx, linear)) - moved.dtheta;
  return pulled;
}
}  // namespace detail

SecondVjp implicit_second_vjp(const Problem& problem, const Vector& x, const Vector& theta,
                              const Vector& cotangent, const Vector& tangent, const Implicit& method,
                              Cost* cost) {
  detail::check_product("second_vjp", "cotangent", cotangent, problem.dimension());
  detail::check_product("second_vjp", "tangent", tangent, problem.parameters());
  Matrix w = Matrix::Zero(x.size(), 2);
  w.col(0) = cotangent;
  const Matrix pulled = detail::implicit_pull_with_tangents(
      problem, gradient_equation(problem, x, theta, cost), x, theta, w, tangent, method.linear());
  if (cost != nullptr) cost->hessian_vector_products += 2;
  SecondVjp result;
  result.dtheta = pulled.col(0);
  result.dtheta_dot = pulled.col(1);
  return result;
}

}  // namespace unroll
