#include "unroll/solver/stationary.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <limits>

#include "unroll/error.hpp"

namespace unroll::detail {

bool is_stationary(const Vector& g) { return (g.array().abs() <= 1e-290).all(); }

double size_of(const Vector& v) {
  const double size = v.lpNorm<Eigen::Infinity>();
  return size > 0 ? size : 1;
}

Matrix inverse_curvature(std::string_view method, const Matrix& H, std::optional<double> flat_step) {
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
  const Vector& lambda = eigen.eigenvalues();
  const double rounding = static_cast<double>(H.rows()) * std::numeric_limits<double>::epsilon() *
                          lambda.lpNorm<Eigen::Infinity>();
  Vector inverse(lambda.size());
  for (Index i = 0; i < lambda.size(); ++i) {
    if (!(lambda[i] > rounding) && !flat_step)
      throw NumericalError(fmt::format(
          "{}: x is stationary, and an eigenvalue of the Hessian there is {}: it must be positive definite",
          method, lambda[i]));
    inverse[i] = lambda[i] > rounding ? 1 / lambda[i] : *flat_step;
  }
  return eigen.eigenvectors() * inverse.asDiagonal() * eigen.eigenvectors().transpose();
}

Matrix among(const Vector& free, const Matrix& H) {
  Matrix of_free = free.asDiagonal() * H * free.asDiagonal();
  of_free.diagonal() += Vector(1 - free.array());
  return of_free;
}

bool is_at_rest(const Matrix& H, const Vector& x, const Vector& g, double flat_step, const Vector& free) {
  constexpr double rounding = 1e-10;
  const bool all = free.size() == 0;
  const Vector step =
      inverse_curvature("", all ? H : among(free, H), flat_step) * (all ? g : Vector(free.cwiseProduct(g)));
  return step.stableNorm() <= rounding * x.stableNorm();
}

}  // namespace unroll::detail
