#pragma once

#include "unroll/problem/problem.hpp"

namespace unroll {

/// Regularised logistic regression, f(x, θ) = Σ_i log(1 + exp(−y_i a_iᵀx))/m + θ‖x‖²/2 with labels y_i = ±1
/// and one θ > 0. Written by hand on the rules' stable functions: an oracle need not come from a template.
class LogisticProblem final : public Problem {
 public:
  /// A m×n, y m. @throws ShapeError if y has not m entries or A is empty, DomainError if an entry is not
  /// finite or a label is not ±1.
  LogisticProblem(Matrix a, const Vector& y);

  Index dimension() const override { return signed_rows_.cols(); }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector& theta) const override;
  Vector gradient(const Vector& x, const Vector& theta) const override;
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override;
  SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                          const Matrix& theta_dot) const override;
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override;
  /// ℓ = θ and Lip M = 1, as M = x. H(x) = Aᵀdiag(s'(z_i))A/m + θI with s the sigmoid and z_i = −y_i a_iᵀx.
  /// Of |s'(z_i) − s'(z'_i)| ≤ max|s''| |a_iᵀ(x − x')|, max|s''| = 1/(6√3), follow
  ///   ‖H(x) − H(x')‖_2 ≤ Σ_i |s'(z_i) − s'(z'_i)| ‖a_i‖²/m ≤ max|s''| Σ_i ‖a_i‖³/m · ‖x − x'‖ and
  ///   ‖H(x) − H(x')‖_2 ≤ max_i |s'(z_i) − s'(z'_i)| ‖AᵀA/m‖_2 ≤ max|s''| max_i ‖a_i‖ ‖AᵀA/m‖_2 ‖x − x'‖.
  /// Lip H is the smaller of the two, computed at construction. As |s''| ≤ s', R is max_i ‖a_i‖.
  std::optional<Curvature> curvature(const Vector& theta) const override;
  /// @throws DomainError unless θ > 0.
  void check_domain(const Vector& theta) const override;

 private:
  Matrix signed_rows_;        // −y_i a_i, m×n
  double hessian_lipschitz_;  // Lip H
  double self_concordance_;   // R
};

/// Logistic regression on A (m×n) and labels y (m, ±1).
inline LogisticProblem logistic(Matrix a, const Vector& y) { return {std::move(a), y}; }

}  // namespace unroll
