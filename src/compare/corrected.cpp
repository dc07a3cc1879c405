#include "unroll/compare/corrected.hpp"

#include "unroll/solver/run.hpp"

namespace unroll {

ShiftedProblem::ShiftedProblem(const Problem& problem, Vector theta)
    : problem_(problem), theta_(std::move(theta)) {
  check_point(problem, Vector::Zero(problem.dimension()), theta_, "corrected Jacobian");
}

double ShiftedProblem::value(const Vector& x, const Vector& phi) const {
  return problem_.value(x, theta_) + phi.dot(x);
}

Vector ShiftedProblem::gradient(const Vector& x, const Vector& phi) const {
  return problem_.gradient(x, theta_) + phi;
}

SecondOrder ShiftedProblem::second_order(const Vector& x, const Vector&, const Matrix& x_dot,
                                         const Matrix& phi_dot) const {
  const Matrix no_direction = Matrix::Zero(theta_.size(), x_dot.cols());
  return {problem_.second_order(x, theta_, x_dot, no_direction).dx + phi_dot, x_dot};
}

std::optional<Curvature> ShiftedProblem::curvature(const Vector&) const {
  std::optional<Curvature> curvature = problem_.curvature(theta_);
  if (curvature) curvature->mixed_lipschitz = 0;
  return curvature;
}

}  // namespace unroll
