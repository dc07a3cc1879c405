#pragma once

#include <utility>

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/problem/array_function.hpp"
#include "unroll/problem/make_problem.hpp"

namespace unroll {

/// f(x, θ) = ½‖r(x, θ)‖², whose residuals r: R^n × R^p → R^m can be asked for their Jacobian.
class LeastSquares : public Problem {
 public:
  virtual Matrix residual_jacobian(const Vector& x, const Vector& theta) const = 0;  // J = ∂r/∂x, m×n
  /// The tangents of (Jᵀw, (∂r/∂θ)ᵀw) in k directions (Ẋ, Θ̇): the curvature of the residuals, wᵀ∂²r. Only
  /// where a step of Gauss and Newton is differentiated. @throws UnsupportedError unless overridden.
  virtual SecondOrder residual_curvature(const Vector& x, const Vector& theta, const Vector& w,  // m
                                         const Matrix& x_dot,                                    // n×k
                                         const Matrix& theta_dot) const;                         // p×k
};

/// JᵀJ v, n, for constant v, at J = J(x, θ), differentiable by the residuals' curvature.
/// @{
DualVector normal_product(const LeastSquares& problem, const DualVector& x, const DualVector& theta,
                          const Matrix& J, const Vector& v);
VarVector normal_product(const LeastSquares& problem, const VarVector& x, const VarVector& theta,
                         const Matrix& J, const Vector& v);
/// @}

namespace detail {
template <class R>
struct HalfSquare {
  R residuals;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V r = residuals(x, theta);
    return 0.5 * squared_norm(r);
  }
};
}  // namespace detail

/// Least squares from the user's template r(x, θ); the Jacobian by n tangents at once.
template <class R>
class TemplateLeastSquares final : public TemplateProblem<detail::HalfSquare<R>, LeastSquares> {
 public:
  /// @throws ShapeError unless n ≥ 1 and p ≥ 0.
  TemplateLeastSquares(R r, Index n, Index p)
      : TemplateProblem<detail::HalfSquare<R>, LeastSquares>({std::move(r)}, n, p) {}

  Matrix residual_jacobian(const Vector& x, const Vector& theta) const override {
    const Index n = this->dimension();
    return ad::last_columns(
        detail::value_and_push(recorded(), x, theta, Matrix::Identity(n, n), Matrix::Zero(theta.size(), n)),
        n);
  }
  SecondOrder residual_curvature(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                                 const Matrix& theta_dot) const override {
    return detail::array_curvature(recorded(), x, theta, w, x_dot, theta_dot);
  }

 private:
  detail::Recorded<VarVector> recorded() const {
    return detail::recorded<VarVector>(this->function().residuals);
  }
};

/// The problem min_x ½‖r(x, θ)‖² with n = dim x, p = dim θ; r a template over the array type that gives an
/// array. @throws ShapeError unless n ≥ 1 and p ≥ 0.
template <class R>
TemplateLeastSquares<R> make_least_squares(R r, Index n, Index p) {
  return TemplateLeastSquares<R>(std::move(r), n, p);
}

}  // namespace unroll
