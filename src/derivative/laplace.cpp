#include "unroll/derivative/laplace.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "unroll/ad/decompositions.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/linear_solve.hpp"

namespace unroll {

Laplace laplace(const Problem& problem, const Vector& x, const Vector& theta) {
  check_sizes(problem, x.size(), theta.size(), "laplace");
  const Index n = x.size(), p = theta.size();
  const Matrix H = problem.hessian(x, theta);
  const Factorisation factors = factorised(H, true, "laplace: at x, which is no strict minimiser, H");
  const Matrix inverse = factors.solve(Matrix(Matrix::Identity(n, n)));

  Vector in_x = Vector::Zero(n), in_theta = Vector::Zero(p);
  for (Index i = 0; i < n; ++i) {
    const SecondOrder bend =
        checked_third_order(problem, x, theta, Vector::Unit(n, i), inverse.col(i), Matrix::Zero(p, 1));
    in_x += 0.5 * bend.dx.col(0);
    in_theta += 0.5 * bend.dtheta.col(0);
  }

  Laplace result;
  result.log_determinant = log_det(H);
  result.value = problem.value(x, theta) + 0.5 * result.log_determinant -
                 0.5 * static_cast<double>(n) * std::log(2 * std::numbers::pi);
  result.gradient_norm = checked_gradient(problem, x, theta).stableNorm();
  result.dtheta = checked_parameter_gradient(problem, x, theta) + in_theta -
                  checked_pull(problem, x, theta, factors.solve(in_x)).dtheta.col(0);
  return result;
}

void detail::check_solves_gradient(Equation equation) {
  if (equation == Equation::fixed_point)
    throw UnsupportedError(
        "laplace: the solver declares a fixed point, at which the gradient need not vanish");
}

void detail::check_has_converged(Status status, Index steps) {
  if (status != Status::converged)
    throw NumericalError(fmt::format(
        "laplace: the run has not converged: {}. It is the minimiser that is asked for: give SolveOptions a "
        "tolerance, and steps enough",
        message(status, steps)));
}

}  // namespace unroll
