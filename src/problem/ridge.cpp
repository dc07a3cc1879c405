#include "unroll/problem/ridge.hpp"

#include <algorithm>

#include "data_checks.hpp"
#include "unroll/problem/spectrum.hpp"

namespace unroll {

RidgeProblem::RidgeProblem(const Matrix& a, const Vector& y) {
  check_data(a, y, "ridge");
  const auto m = static_cast<double>(a.rows());
  gram_ = a.transpose() * a / m;
  gram_ = (0.5 * (gram_ + gram_.transpose())).eval();
  moment_ = a.transpose() * y / m;
  half_mean_ = 0.5 * y.squaredNorm() / m;
  constexpr Index cheap = 256;
  if (dimension() <= cheap)  // of rank < n: zero, or a rounding error below
    smallest_eigenvalue_ = std::max(0.0, spectrum(gram_).smallest);
}

double RidgeProblem::value(const Vector& x, const Vector& theta) const {
  return 0.5 * x.dot(gram_ * x) - moment_.dot(x) + half_mean_ + 0.5 * theta[0] * x.squaredNorm();
}

void RidgeProblem::gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const {
  g = theta[0] * x - moment_;
  g.noalias() += gram_ * x;
}

void RidgeProblem::second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                                     const ColumnsView& theta_dot, WritableColumns dx,
                                     WritableColumns dtheta) const {
  dx = theta[0] * x_dot;
  if (x_dot.cols() == 1)
    dx.col(0).noalias() += gram_ * x_dot.col(0);
  else
    dx.noalias() += gram_ * x_dot;
  if (theta_dot.size() > 0) dx.noalias() += x * theta_dot.row(0);
  if (dtheta.size() > 0) dtheta.noalias() = x.transpose() * x_dot;
}

Vector RidgeProblem::parameter_gradient(const Vector& x, const Vector&) const {
  return Vector::Constant(1, 0.5 * x.squaredNorm());
}

void RidgeProblem::check_domain(const Vector& theta) const { check_positive(theta, "ridge"); }

std::optional<Curvature> RidgeProblem::curvature(const Vector& theta) const {
  return Curvature{theta[0] + smallest_eigenvalue_.value_or(0), 0.0, 1.0, smallest_eigenvalue_.has_value()};
}

Vector RidgeProblem::linear_term(const Vector&) const { return -moment_; }

Matrix RidgeProblem::hessian_matrix(const Vector& theta) const {
  Matrix h = gram_;
  h.diagonal().array() += theta[0];
  return h;
}

Matrix RidgeProblem::hessian_derivative(Index, const Vector&) const {
  return Matrix::Identity(gram_.rows(), gram_.cols());
}
Vector RidgeProblem::linear_term_derivative(Index, const Vector&) const { return Vector::Zero(gram_.rows()); }

}  // namespace unroll
