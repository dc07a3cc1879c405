#pragma once

#include "unroll/problem/quadratic.hpp"

namespace unroll {

/// Ridge regression, f(x, θ) = ‖Ax − y‖²/(2m) + θ‖x‖²/2 with one θ > 0. With m rows against n columns the
/// Gram matrix AᵀA/m is formed once, and a gradient costs n² multiplications instead of 2mn.
class RidgeProblem final : public QuadraticProblem {
 public:
  /// A m×n, y m. @throws ShapeError if y has not m entries or A is empty, DomainError if an entry is not
  /// finite.
  RidgeProblem(const Matrix& a, const Vector& y);

  Index dimension() const override { return gram_.rows(); }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector& theta) const override;
  Vector gradient(const Vector& x, const Vector& theta) const override { return written_gradient(x, theta); }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return written_second_order(x, theta, x_dot, theta_dot);
  }
  void gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const override;
  void second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                         const ColumnsView& theta_dot, WritableColumns dx,
                         WritableColumns dtheta) const override;
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override;
  /// @throws DomainError unless θ > 0.
  void check_domain(const Vector& theta) const override;

  bool is_affine() const override { return true; }
  /// Lip M = 1, as M = x. ℓ = λ_min(H) for n ≤ 256, where the eigenvalues of AᵀA/m are computed at
  /// construction; else ℓ = θ.
  std::optional<Curvature> curvature(const Vector& theta) const override;

  Matrix hessian_matrix(const Vector& theta) const override;
  Matrix hessian_derivative(Index, const Vector&) const override;
  Vector linear_term(const Vector& theta) const override;
  Vector linear_term_derivative(Index, const Vector&) const override;

 private:
  Matrix gram_;                                  // AᵀA/m, n×n
  Vector moment_;                                // Aᵀy/m, n
  double half_mean_;                             // ‖y‖²/(2m)
  std::optional<double> smallest_eigenvalue_{};  // of the Gram matrix
};

/// Ridge regression on A (m×n) and y (m).
inline RidgeProblem ridge(const Matrix& a, const Vector& y) { return {a, y}; }

}  // namespace unroll
