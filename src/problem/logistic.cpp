#include "unroll/problem/logistic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data_checks.hpp"
#include "unroll/ad/functions.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/spectrum.hpp"

namespace unroll {
namespace {

using SoftplusRule = ad::Elementary<ad::Function::softplus>;

/// Lip H, see curvature. Where the eigenvalues of AᵀA are not cheap, the first of its two bounds.
double lipschitz_of_hessian(const Matrix& a) {
  constexpr double steepest = 0.09622504486493763;  // 1/(6√3), of the sigmoid's slope
  constexpr Index cheap = 256;
  const auto m = static_cast<double>(a.rows());
  const Vector norms = a.rowwise().norm();
  const double cubes = norms.array().cube().sum() / m;
  if (a.cols() > cheap) return steepest * cubes;
  const double largest = spectrum(a.transpose() * a / m).largest;
  return steepest * std::min(cubes, norms.maxCoeff() * largest);
}

}  // namespace

LogisticProblem::LogisticProblem(Matrix a, const Vector& y) {
  check_data(a, y, "logistic");
  for (Index i = 0; i < y.size(); ++i)
    if (y[i] != 1 && y[i] != -1)
      throw DomainError(fmt::format("logistic: label {} is {}, not 1 or -1", i, y[i]));
  signed_rows_ = std::move(a);
  signed_rows_.array().colwise() *= -y.array();
  hessian_lipschitz_ = lipschitz_of_hessian(signed_rows_);
  self_concordance_ = signed_rows_.rowwise().norm().maxCoeff();
}

double LogisticProblem::value(const Vector& x, const Vector& theta) const {
  const Vector z = signed_rows_ * x;
  return SoftplusRule::value(z.array()).mean() + 0.5 * theta[0] * x.squaredNorm();
}

Vector LogisticProblem::gradient(const Vector& x, const Vector& theta) const {
  Vector z = signed_rows_ * x;
  z = SoftplusRule::slope(z.array()) / static_cast<double>(z.size());
  Vector g = theta[0] * x;
  g.noalias() += signed_rows_.transpose() * z;
  return g;
}

SecondOrder LogisticProblem::second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                          const Matrix& theta_dot) const {
  const Vector z = signed_rows_ * x;
  const Vector weight = SoftplusRule::bend(z.array()) / static_cast<double>(z.size());
  SecondOrder s;
  s.dx = theta[0] * x_dot + x * theta_dot.row(0);
  if (x_dot.cols() == 1) {
    Vector z_dot = signed_rows_ * x_dot.col(0);
    z_dot.array() *= weight.array();
    s.dx.col(0).noalias() += signed_rows_.transpose() * z_dot;
  } else if (3 * x_dot.cols() >
             x_dot.rows()) {  // so many that H = AᵀDA is cheaper formed, once, by its lower half
    const Matrix scaled = weight.cwiseSqrt().asDiagonal() * signed_rows_;
    Matrix curvature = Matrix::Zero(x.size(), x.size());
    curvature.selfadjointView<Eigen::Lower>().rankUpdate(scaled.transpose());
    s.dx.noalias() += curvature.selfadjointView<Eigen::Lower>() * x_dot;
  } else {
    Matrix z_dot = signed_rows_ * x_dot;
    z_dot.array().colwise() *= weight.array();
    s.dx.noalias() += signed_rows_.transpose() * z_dot;
  }
  s.dtheta = x.transpose() * x_dot;
  return s;
}

SecondOrder LogisticProblem::third_order(const Vector& x, const Vector&, const Vector& w, const Matrix& x_dot,
                                         const Matrix& theta_dot) const {
  const Vector z = signed_rows_ * x;
  Vector weight = SoftplusRule::twist(z.array()) / static_cast<double>(z.size());
  weight.array() *= (signed_rows_ * w).array();
  SecondOrder s{w * theta_dot.row(0), w.transpose() * x_dot};
  s.dx.noalias() += signed_rows_.transpose() * (weight.asDiagonal() * (signed_rows_ * x_dot));
  return s;
}

Vector LogisticProblem::parameter_gradient(const Vector& x, const Vector&) const {
  return Vector::Constant(1, 0.5 * x.squaredNorm());
}

std::optional<Curvature> LogisticProblem::curvature(const Vector& theta) const {
  return Curvature{theta[0], hessian_lipschitz_, 1.0, false, self_concordance_};
}

void LogisticProblem::check_domain(const Vector& theta) const { check_positive(theta, "logistic"); }

}  // namespace unroll
