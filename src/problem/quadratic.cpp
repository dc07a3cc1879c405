#include "unroll/problem/quadratic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/ad/solve.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/spectrum.hpp"

namespace unroll {

Vector QuadraticProblem::minimiser(const Vector& theta) const {
  check_sizes(*this, dimension(), theta.size(), "minimiser");
  return -solve_cholesky(hessian_matrix(theta), linear_term(theta));
}

Matrix QuadraticProblem::minimiser_jacobian(const Vector& theta) const {
  check_sizes(*this, dimension(), theta.size(), "minimiser_jacobian");
  const Matrix h = hessian_matrix(theta);
  const Vector x = -solve_cholesky(h, linear_term(theta));
  Matrix rhs(dimension(), parameters());
  for (Index i = 0; i < parameters(); ++i)
    rhs.col(i) = hessian_derivative(i, theta) * x + linear_term_derivative(i, theta);
  return -solve_cholesky(h, rhs);
}

SecondOrder QuadraticProblem::third_order(const Vector& x, const Vector& theta, const Vector& w,
                                          const Matrix& x_dot, const Matrix& theta_dot) const {
  if (!is_affine()) return Problem::third_order(x, theta, w, x_dot, theta_dot);
  SecondOrder s{Matrix::Zero(dimension(), x_dot.cols()), Matrix(parameters(), x_dot.cols())};
  for (Index i = 0; i < parameters(); ++i) {
    const Vector column = hessian_derivative(i, theta) * w;
    s.dx += column * theta_dot.row(i);
    s.dtheta.row(i) = column.transpose() * x_dot;
  }
  return s;
}

std::optional<Curvature> QuadraticProblem::curvature(const Vector& theta) const {
  check_sizes(*this, dimension(), theta.size(), "curvature");
  constexpr Index cheap = 64, affordable = 512;
  if (dimension() > affordable) return std::nullopt;
  double squares = 0;
  for (Index i = 0; i < parameters(); ++i) {
    const Matrix slope = hessian_derivative(i, theta);
    if (dimension() > cheap) {
      squares += slope.squaredNorm();
    } else {
      const Spectrum s = spectrum(slope);
      squares += std::pow(std::max(-s.smallest, s.largest), 2);
    }
  }
  return Curvature{spectrum(hessian_matrix(theta)).smallest, 0.0, std::sqrt(squares), true};
}

namespace {

void check_symmetric(const Matrix& matrix, Index n, const std::string& name) {
  if (matrix.rows() != n || matrix.cols() != n)
    throw ShapeError(
        fmt::format("affine quadratic: {} is {}x{}, not {}x{}", name, matrix.rows(), matrix.cols(), n, n));
  if (!matrix.allFinite()) throw DomainError(fmt::format("affine quadratic: {} is not finite", name));
  constexpr double rounding = 1e-12;
  if ((matrix - matrix.transpose()).norm() > rounding * matrix.norm())
    throw DomainError(fmt::format("affine quadratic: {} is not symmetric", name));
}

}  // namespace

AffineQuadratic::AffineQuadratic(Matrix h0, std::vector<Matrix> e, Vector b0, Matrix db)
    : h0_(std::move(h0)), e_(std::move(e)), b0_(std::move(b0)), db_(std::move(db)) {
  const Index n = h0_.rows();
  const auto p = static_cast<Index>(e_.size());
  check_symmetric(h0_, n, "H0");
  for (std::size_t i = 0; i < e_.size(); ++i) check_symmetric(e_[i], n, fmt::format("E[{}]", i));
  if (n == 0 || b0_.size() != n || db_.rows() != n || db_.cols() != p)
    throw ShapeError(
        fmt::format("affine quadratic: H0 is {}x{}, {} matrices E, b0 has {} entries, db is {}x{}", n, n, p,
                    b0_.size(), db_.rows(), db_.cols()));
  if (!b0_.allFinite() || !db_.allFinite()) throw DomainError("affine quadratic: b0 or db is not finite");
}

Matrix AffineQuadratic::hessian_matrix(const Vector& theta) const {
  Matrix h = h0_;
  for (std::size_t i = 0; i < e_.size(); ++i) h += theta[static_cast<Index>(i)] * e_[i];
  return h;
}

Vector AffineQuadratic::linear_term(const Vector& theta) const { return b0_ + db_ * theta; }

Vector AffineQuadratic::linear_term_derivative(Index i, const Vector&) const { return db_.col(i); }

double AffineQuadratic::value(const Vector& x, const Vector& theta) const {
  return 0.5 * x.dot(hessian_matrix(theta) * x) + linear_term(theta).dot(x);
}

Vector AffineQuadratic::gradient(const Vector& x, const Vector& theta) const {
  Vector g = h0_ * x + b0_ + db_ * theta;
  for (std::size_t i = 0; i < e_.size(); ++i) g += theta[static_cast<Index>(i)] * (e_[i] * x);
  return g;
}

Vector AffineQuadratic::parameter_gradient(const Vector& x, const Vector&) const {
  Vector g = db_.transpose() * x;
  for (std::size_t i = 0; i < e_.size(); ++i) g[static_cast<Index>(i)] += 0.5 * x.dot(e_[i] * x);
  return g;
}

SecondOrder AffineQuadratic::second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                          const Matrix& theta_dot) const {
  SecondOrder s{hessian_matrix(theta) * x_dot + db_ * theta_dot, db_.transpose() * x_dot};
  for (std::size_t i = 0; i < e_.size(); ++i) {
    const auto row = static_cast<Index>(i);
    const Vector column = e_[i] * x;  // of M, beside ∂_ib
    s.dx += column * theta_dot.row(row);
    s.dtheta.row(row) += column.transpose() * x_dot;
  }
  return s;
}

}  // namespace unroll
