#include "unroll/theory/local_model.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unroll/ad/solve.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {
namespace {

/// Along (x + s ẋ, θ + s e_i): s moves neither by more than ε^{1/3} of its size, where truncation, O(s²), and
/// rounding, O(ε/s), balance.
double difference_step(const Vector& x, const Vector& x_dot, double theta) {
  const double relative = std::cbrt(std::numeric_limits<double>::epsilon());
  const double by_theta = theta == 0 ? 1 : std::abs(theta);
  const double by_x = x_dot.norm() == 0 ? by_theta : std::max(1.0, x.norm()) / x_dot.norm();
  return relative * std::min(by_theta, by_x);
}

}  // namespace

QuadraticModel local_model(const Problem& problem, const Vector& minimiser, const Vector& theta) {
  check_point(problem, minimiser, theta, "local model");
  QuadraticModel model{problem.hessian(minimiser, theta), {}, minimiser, problem.mixed(minimiser, theta)};
  const double gradient = problem.gradient(minimiser, theta).norm();
  if (!(gradient <= 1e-6 * std::max(1.0, model.hessian.norm() * minimiser.norm()))) {
    throw DomainError(
        fmt::format("local model: x is not a minimiser, the gradient's norm is {:.3g} there", gradient));
  }
  const Matrix jacobian = -solve_cholesky(model.hessian, model.mixed);
  for (Index i = 0; i < theta.size(); ++i) {
    const Vector x_dot = jacobian.col(i), theta_dot = Vector::Unit(theta.size(), i);
    const double s = difference_step(minimiser, x_dot, theta[i]);
    const Matrix above = problem.hessian(minimiser + s * x_dot, theta + s * theta_dot);
    const Matrix below = problem.hessian(minimiser - s * x_dot, theta - s * theta_dot);
    const Matrix difference = (above - below) / (2 * s);
    model.hessian_derivatives.push_back((difference + difference.transpose()) / 2);
  }
  return model;
}

}  // namespace unroll
