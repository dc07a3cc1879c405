#include "unroll/theory/probing.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "unroll/error.hpp"

namespace unroll::detail {
namespace {

[[noreturn]] void refuse(std::string_view reason) {
  throw UnsupportedError(fmt::format("probed recurrence: the solver has no residual polynomial: {}", reason));
}

/// sin(1), sin(1 + step), …: numbers without a pattern.
Vector irregular(Index n, double step) {
  return Vector::NullaryExpr(n, [=](Index i) { return std::sin(1 + step * static_cast<double>(i)); });
}

}  // namespace

Vector BlockProblem::gradient(const Vector& x, const Vector&) const {
  return times_lambda_(x.reshaped(rows_, cols_)).reshaped();
}

double BlockProblem::value(const Vector&, const Vector&) const {
  refuse("its step asks for the value of f, so it is not linear in x");
}

SecondOrder BlockProblem::second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const {
  refuse("its step asks for second derivatives of f");
}

Witness::Witness(const Vector& eigenvalues, Index parameters)
    : eigenvalues_(eigenvalues),
      normal_(irregular(eigenvalues.size(), 2.3).normalized()),
      minimiser_(irregular(eigenvalues.size(), 1.7)),
      direction_(irregular(eigenvalues.size(), 0.9)),
      parameters_(parameters) {}

Vector Witness::start() const { return minimiser_ + direction_; }

Vector Witness::far_start() const { return minimiser_ + far * direction_; }

Vector Witness::in_basis(const Vector& v) const { return v - 2 * normal_.dot(v) * normal_; }

Vector Witness::gradient(const Vector& x, const Vector&) const {
  return in_basis(eigenvalues_.cwiseProduct(in_basis(x - minimiser_)));
}

double Witness::value(const Vector& x, const Vector& theta) const {
  return 0.5 * (x - minimiser_).dot(gradient(x, theta));
}

SecondOrder Witness::second_order(const Vector&, const Vector&, const Matrix& x_dot,
                                  const Matrix& theta_dot) const {
  SecondOrder s{x_dot, Matrix::Zero(parameters_, theta_dot.cols())};
  for (Index k = 0; k < x_dot.cols(); ++k)
    s.dx.col(k) = in_basis(eigenvalues_.cwiseProduct(in_basis(x_dot.col(k))));
  return s;
}

void Witness::check(const Vector& x, const Vector& far_x, const Vector& polynomial, Index t) {
  constexpr double tolerance = 1e-6, near_overflow = 1e120;
  largest_ = std::max(largest_, polynomial.cwiseAbs().maxCoeff());
  if (!(largest_ < near_overflow) || !polynomial.allFinite()) return;  // it diverges, as P_t itself shows
  const Vector expected = in_basis(polynomial.cwiseProduct(in_basis(direction_)));
  const double allowed = tolerance * largest_ * direction_.norm();
  if (!std::isfinite(largest_)) return;  // the method diverges, which P_t itself shows
  const Vector gap = x - minimiser_, far_gap = (far_x - minimiser_) / far;
  if (!((far_gap - gap).norm() <= allowed)) {
    refuse(
        fmt::format("its step is not linear in x: at t = {}, from {} times x_0 - x*, x_t - x* is not {} "
                    "times as large",
                    t, far, far));
  }
  if (!((gap - expected).norm() <= allowed)) {
    refuse(
        fmt::format("at t = {}, x_t - x* is not P_t(H)(x_0 - x*), by {:.2g} of the largest so far: its step "
                    "is not linear in x, not the same for all coordinates, or moves away from x*",
                    t, (gap - expected).norm() / (largest_ * direction_.norm())));
  }
}

}  // namespace unroll::detail
