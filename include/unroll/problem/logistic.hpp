#pragma once

#include "unroll/problem/problem.hpp"

namespace unroll {

/// Regularised logistic regression, f(x, θ) = Σ_i log(1 + exp(−y_i a_iᵀx))/m + θ‖x‖²/2 with labels y_i = ±1
/// and one θ > 0. Written by hand on the rules' stable functions: an oracle need not come from a template.
class Logistic final : public Problem {
 public:
  /// A m×n, y m. @throws ShapeError if y has not m entries or A is empty, DomainError if an entry is not
  /// finite or a label is not ±1.
  Logistic(Matrix a, const Vector& y);

  Index dimension() const override { return signed_rows_.cols(); }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector& theta) const override;
  Vector gradient(const Vector& x, const Vector& theta) const override;
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override;
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override;
  /// @throws DomainError unless θ > 0.
  void check_domain(const Vector& theta) const override;

 private:
  Matrix signed_rows_;  // −y_i a_i, m×n
};

/// Logistic regression on A (m×n) and labels y (m, ±1).
inline Logistic logistic(Matrix a, const Vector& y) { return {std::move(a), y}; }

}  // namespace unroll
