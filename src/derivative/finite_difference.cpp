#include "unroll/derivative/finite_difference.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll::detail {

Matrix differences_in_theta(const EndOfRun& end, const Start& start, const Matrix& dx0, const Vector& theta,
                            const Matrix& theta_dot, double step) {
  Matrix slopes(start.x.size(), theta_dot.cols());
  const Vector scale = theta.unaryExpr([](double value) { return value == 0 ? 1.0 : std::abs(value); });
  for (Index j = 0; j < theta_dot.cols(); ++j) {
    const Vector v = theta_dot.col(j);
    const double largest = v.size() == 0 ? 0 : (v.array() / scale.array()).abs().maxCoeff();
    if (largest == 0) {
      slopes.col(j).setZero();
      continue;
    }
    const double h = step / largest;
    const Vector ahead = theta + h * v, behind = theta - h * v;
    const Vector x_dot = dx0 * v;
    slopes.col(j) = (end(start.x + h * x_dot, ahead) - end(start.x - h * x_dot, behind)) / (2 * h);
  }
  return slopes;
}

Matrix differences_in_start(const EndOfRun& end, const Vector& x0, const Vector& theta, double step) {
  const Index n = x0.size();
  Matrix slopes(n, n);
  for (Index j = 0; j < n; ++j) {
    const double h = step * std::max(1.0, std::abs(x0[j]));
    slopes.col(j) =
        (end(x0 + h * Vector::Unit(n, j), theta) - end(x0 - h * Vector::Unit(n, j), theta)) / (2 * h);
  }
  return slopes;
}

void check_end(Index steps, Index wanted) {
  if (steps < wanted)
    throw NumericalError(fmt::format(
        "finite difference: the run beside took {} steps before it was not finite, the run itself {}", steps,
        wanted));
}

}  // namespace unroll::detail
