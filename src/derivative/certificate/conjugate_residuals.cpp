#include "conjugate_residuals.hpp"

#include <fmt/format.h>

#include <cmath>

#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

ConjugateResiduals::ConjugateResiduals(const Problem& problem, const Vector& x, const Vector& theta,
                                       const Matrix& b, const Matrix& y, Cost& cost)
    : problem_(problem), x_(x), theta_(theta), cost_(cost), scale_(b.cols()), b_(b), y_(y) {
  for (Index j = 0; j < b.cols(); ++j) {
    const double size = b.col(j).stableNorm();
    scale_[j] = size > 0 && std::isfinite(size) ? std::ldexp(1.0, std::ilogb(size)) : 1;
  }
  r_ = b_.array().rowwise() / scale_.array();
  if (y_.size() > 0) {
    refresh();
    return;
  }
  y_ = Matrix::Zero(b.rows(), b.cols());
  product_ = {y_, Matrix::Zero(theta.size(), b.cols())};
}

void ConjugateResiduals::refresh() {
  product_ = apply(y_);
  r_ = (b_ - product_.dx).array().rowwise() / scale_.array();
}

double ConjugateResiduals::residual_norm() const { return norm(r_ * scale_.asDiagonal()); }

SecondOrder ConjugateResiduals::apply(const Matrix& v) {
  cost_.hessian_vector_products += v.cols();
  return checked_pull(problem_, x_, theta_, v);
}

void ConjugateResiduals::step() {
  const SecondOrder of_r = apply(r_);
  const Vector before = curvature_;
  curvature_ = r_.cwiseProduct(of_r.dx).colwise().sum();
  const bool is_first = steps_++ == 0;
  if (is_first) {
    direction_ = r_;
    of_direction_ = of_r;
  }
  for (Index j = 0; j < r_.cols(); ++j) {
    const double square = r_.col(j).squaredNorm();
    if (square == 0) continue;  // solved
    if (!std::isfinite(curvature_[j]))
      throw NumericalError(
          fmt::format("conjugate residuals: a product with H at x is not finite after {} steps; x is outside "
                      "the problem's "
                      "domain, or too large for its second derivatives",
                      steps_ - 1));
    if (!(curvature_[j] > 0))
      throw NumericalError(fmt::format(
          "H is not positive definite: conjugate residuals met the curvature {:.3g} after {} steps; x is no "
          "minimiser, or the problem has many",
          curvature_[j] / square, steps_ - 1));
    if (!is_first) {
      const double beta = curvature_[j] / before[j];
      direction_.col(j) = r_.col(j) + beta * direction_.col(j);
      of_direction_.dx.col(j) = of_r.dx.col(j) + beta * of_direction_.dx.col(j);
      of_direction_.dtheta.col(j) = of_r.dtheta.col(j) + beta * of_direction_.dtheta.col(j);
    }
    const double image = of_direction_.dx.col(j).stableNorm();
    const double alpha = curvature_[j] / image / image, length = alpha * scale_[j];
    r_.col(j) -= alpha * of_direction_.dx.col(j);
    y_.col(j) += length * direction_.col(j);
    product_.dx.col(j) += length * of_direction_.dx.col(j);
    product_.dtheta.col(j) += length * of_direction_.dtheta.col(j);
  }
}

Nearer nearer_point(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                    Index products, Cost& cost) {
  constexpr int rounds = 2;
  constexpr double enough = 1e-3;
  Nearer there{x, gradient, 0};
  try {
    for (int round = 0; round < rounds; ++round) {
      const double norm = there.gradient.stableNorm();
      ConjugateResiduals cr(problem, there.x, theta, there.gradient, {}, cost);
      while (cr.steps() < products && cr.residual_norm() > enough * norm) cr.step();
      const Vector next = there.x - cr.solution();
      cost.gradients += 1;
      const Vector of_next = checked_gradient(problem, next, theta);
      if (!(of_next.stableNorm() < norm)) break;
      there = {next, of_next, (x - next).stableNorm()};
    }
  } catch (const NumericalError&) {  // H is not positive definite, or not finite
  }
  return there;
}

}  // namespace unroll::detail
