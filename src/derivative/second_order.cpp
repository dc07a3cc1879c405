#include "unroll/derivative/second_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "checks.hpp"
#include "unroll/problem/quadratic.hpp"

namespace unroll {
namespace {

/// Exactly, where H and b are affine in θ.
SecondVjp of_quadratic(const QuadraticProblem& problem, const ImplicitEquation& equation, const Vector& x,
                       const Vector& theta, const Vector& w, const Vector& tangent, const Implicit& method) {
  const Index n = x.size(), p = theta.size();
  const Vector v = -equation.adjoint(w, method.linear());
  Matrix slopes_x(n, p);  // column i: ∂_iH x + ∂_ib, of M
  Matrix slopes_v(n, p);  // column i: ∂_iH v
  for (Index i = 0; i < p; ++i) {
    const Matrix slope = problem.hessian_derivative(i, theta);
    slopes_x.col(i) = slope * x + problem.linear_term_derivative(i, theta);
    slopes_v.col(i) = slope * v;
  }
  const Matrix rates = solve_linear(
      equation.matrix, -(Matrix(n, 2) << slopes_v * tangent, slopes_x * tangent).finished(), method.linear());
  SecondVjp result;
  result.dtheta = slopes_x.transpose() * v;
  result.dtheta_dot = slopes_x.transpose() * rates.col(0) + slopes_v.transpose() * rates.col(1);
  return result;
}

/// x*(θ) from a point nearby: until a step is small and no longer shrinks. @throws NumericalError
Vector newton(const Problem& problem, Vector x, const Vector& theta, const Implicit& method, Cost* cost) {
  constexpr int most = 20;
  constexpr double rounding = 1e-10;
  double last = std::numeric_limits<double>::infinity();
  for (int i = 0; i < most; ++i) {
    const Vector g = checked_gradient(problem, x, theta);
    if (cost != nullptr) cost->gradients += 1;
    if (g.stableNorm() == 0) return x;
    const Vector step = solve_linear(gradient_equation(problem, x, theta, cost).matrix, g, method.linear());
    const double size = step.stableNorm();
    if (size >= 0.5 * last) {  // rounding lets it shrink no further
      if (i > 1 && size <= rounding * std::max(1.0, x.stableNorm())) return x;
      break;
    }
    last = size;
    x -= step;
  }
  throw NumericalError(
      fmt::format("second_vjp: Newton's method at a neighbouring theta did not converge: its last step had "
                  "the length {:.3g}",
                  last));
}

}  // namespace

SecondVjp implicit_second_vjp(const Problem& problem, const Vector& x, const Vector& theta,
                              const Vector& cotangent, const Vector& tangent, const Implicit& method,
                              Cost* cost) {
  detail::check_product("second_vjp", "cotangent", cotangent, problem.dimension());
  detail::check_product("second_vjp", "tangent", tangent, problem.parameters());
  const ImplicitEquation equation = gradient_equation(problem, x, theta, cost);
  const auto* quadratic = dynamic_cast<const QuadraticProblem*>(&problem);
  if (quadratic != nullptr && quadratic->is_affine())
    return of_quadratic(*quadratic, equation, x, theta, cotangent, tangent, method);

  SecondVjp result;
  result.dtheta = implicit_vjp(problem, x, theta, cotangent, method, cost);
  result.dtheta_dot = Vector::Zero(theta.size());
  const double length = tangent.stableNorm();
  if (length == 0) return result;
  const double h = 1e-5 * std::max(1.0, theta.stableNorm());
  const Vector direction = tangent / length, x_dot = equation.push(direction, method.linear());
  const auto pulled = [&](double signed_h) {
    const Vector there = theta + signed_h * direction;
    problem.check_domain(there);
    const Vector minimiser = newton(problem, x + signed_h * x_dot, there, method, cost);
    return implicit_vjp(problem, minimiser, there, cotangent, method, cost);
  };
  result.dtheta_dot = (pulled(h) - pulled(-h)) / (2 * h) * length;
  return result;
}

}  // namespace unroll
