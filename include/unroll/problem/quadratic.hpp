#pragma once

#include <vector>

#include "unroll/problem/problem.hpp"

namespace unroll {

/// f(x, θ) = ½ xᵀH(θ)x + b(θ)ᵀx + c(θ), with H symmetric positive definite. What theory/ needs is exposed: H,
/// ∂_iH, b, ∂_ib. The oracle follows from these where H and b are affine in θ; other problems override
/// `second_order`'s θθ part.
class QuadraticProblem : public Problem {
 public:
  virtual Matrix hessian_matrix(const Vector& theta) const = 0;                   // H, n×n
  virtual Matrix hessian_derivative(Index i, const Vector& theta) const = 0;      // ∂H/∂θ_i, n×n
  virtual Vector linear_term(const Vector& theta) const = 0;                      // b, n
  virtual Vector linear_term_derivative(Index i, const Vector& theta) const = 0;  // ∂b/∂θ_i, n

  /// Whether H and b are affine in θ, so that their second derivatives vanish.
  virtual bool is_affine() const { return false; }
  /// ℓ = λ_min(H), exactly, Lip H = 0, and Lip M = (Σ_i ‖∂_iH‖²)^{1/2}, as column i of M is ∂_iH x + ∂_ib, in
  /// the spectral norm where it is cheap, n ≤ 64, else in Frobenius's, which is no smaller. Nothing for n >
  /// 512, where the eigenvalues of H would cost more than most runs.
  std::optional<Curvature> curvature(const Vector& theta) const override;
  /// Of (H w, Mᵀ w): Σ_i θ̇_i ∂_iH w, and wᵀ∂_iH ẋ for each i. @throws UnsupportedError unless is_affine().
  SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                          const Matrix& theta_dot) const override;

  /// x* = −H⁻¹b. @throws ShapeError, NumericalError if H is not positive definite.
  Vector minimiser(const Vector& theta) const;
  /// ∂x*, n×p: column i is −H⁻¹(∂_iH x* + ∂_ib). @throws NumericalError likewise.
  Matrix minimiser_jacobian(const Vector& theta) const;
};

/// H = H_0 + Σ θ_i E_i, b = b_0 + db θ, c = 0.
class AffineQuadratic : public QuadraticProblem {
 public:
  /// @throws ShapeError unless H_0 and every E_i are n×n, b_0 has n entries and db is n×p;
  /// @throws DomainError if one of the matrices is not symmetric, or an entry is not finite.
  AffineQuadratic(Matrix h0, std::vector<Matrix> e, Vector b0, Matrix db);

  Index dimension() const override { return h0_.rows(); }
  Index parameters() const override { return static_cast<Index>(e_.size()); }
  double value(const Vector& x, const Vector& theta) const override;
  Vector gradient(const Vector& x, const Vector& theta) const override;
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override;
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override;

  Matrix hessian_matrix(const Vector& theta) const override;
  Matrix hessian_derivative(Index i, const Vector&) const override {
    return e_.at(static_cast<std::size_t>(i));
  }
  bool is_affine() const override { return true; }
  Vector linear_term(const Vector& theta) const override;
  Vector linear_term_derivative(Index i, const Vector& theta) const override;

 private:
  Matrix h0_;
  std::vector<Matrix> e_;
  Vector b0_;
  Matrix db_;
};

}  // namespace unroll
