#include "unroll/compare/instance.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <utility>

#include "unroll/derivative/implicit.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {
namespace {

/// x + s d with the largest s = 1, ½, ¼, … for which ‖∇f‖ falls to (1 − s/4) of itself, or x if there is
/// none.
Vector damped_step(const Problem& problem, const Vector& theta, const Vector& x, const Vector& d,
                   double gradient_norm) {
  for (double s = 1; s > 1e-10; s /= 2) {
    const Vector next = x + s * d;
    if (problem.gradient(next, theta).norm() <= (1 - s / 4) * gradient_norm) return next;
  }
  return x;
}

}  // namespace

Vector newton_minimiser(const Problem& problem, const Vector& theta) {
  constexpr int most_steps = 200;
  Vector x = Vector::Zero(problem.dimension());
  Vector gradient = problem.gradient(x, theta);
  const double first_norm = gradient.norm();
  for (int i = 0; i < most_steps && gradient.norm() > 0; ++i) {
    const Eigen::LLT<Matrix> factor(problem.hessian(x, theta));
    if (factor.info() != Eigen::Success) throw NumericalError("newton: the Hessian is not positive definite");
    const Vector next = damped_step(problem, theta, x, -factor.solve(gradient), gradient.norm());
    if (next == x) break;
    x = next;
    gradient = problem.gradient(x, theta);
  }
  if (!(gradient.norm() <= 1e-10 * first_norm)) {
    throw NumericalError(
        fmt::format("newton: the gradient's norm fell from {:.3g} to {:.3g} only; a larger theta helps",
                    first_norm, gradient.norm()));
  }
  return x;
}

Instance make_instance(std::shared_ptr<const Problem> problem, const Vector& theta, const Vector& start) {
  check_point(*problem, start, theta, "make_instance");
  Instance instance{problem, theta, start, {}, {}, {}};
  if (const auto* quadratic = dynamic_cast<const QuadraticProblem*>(problem.get())) {
    instance.minimiser = quadratic->minimiser(theta);
    instance.jacobian = quadratic->minimiser_jacobian(theta);
    instance.spectrum = spectrum(quadratic->hessian_matrix(theta));
  } else {
    instance.minimiser = newton_minimiser(*problem, theta);
    instance.jacobian = implicit_jacobian(*problem, instance.minimiser, theta);
    instance.spectrum = spectrum(problem->hessian(instance.minimiser, theta));
  }
  if (!instance.minimiser.allFinite() || !instance.jacobian.allFinite()) {
    throw NumericalError("the minimiser or its Jacobian is not finite: scale the data");
  }
  if (instance.jacobian.norm() == 0) {
    throw DomainError(
        "the Jacobian of the minimiser is 0 or underflows: errors relative to it are undefined");
  }
  return instance;
}

}  // namespace unroll
