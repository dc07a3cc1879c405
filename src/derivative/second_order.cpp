#include "unroll/derivative/second_order.hpp"

#include "checks.hpp"

namespace unroll {
namespace detail {
void check_gradient_equation(const Implicit& method, Equation declared) {
  const Equation equation = method.equation == Equation::automatic ? declared : method.equation;
  if (equation != Equation::gradient)
    throw UnsupportedError(
        "second_vjp: Implicit{} has second derivatives where ∇f = 0 is what the solver solves and declares "
        "(Equation::gradient); take Reverse{}, or Implicit{.equation = Equation::gradient} if it is");
}

void check_second_vjp(const Problem& problem, const Vector& cotangent, const Vector& tangent,
                      const Reverse& method) {
  check_product("second_vjp", "cotangent", cotangent, problem.dimension());
  check_product("second_vjp", "tangent", tangent, problem.parameters());
  if (method.memory_budget > 0 || !method.last_steps.is_all() || method.at_end || method.corrected)
    throw DomainError(
        "second_vjp: takes Reverse{} of all steps on one tape, without memory_budget, last_steps, "
        "corrected or at_end");
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
