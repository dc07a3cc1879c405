#pragma once

#include <utility>

#include "unroll/problem/make_problem.hpp"

namespace unroll {

/// f(x, θ) = ½‖r(x, θ)‖², whose residuals r: R^n × R^p → R^m can be asked for their Jacobian.
class LeastSquares : public Problem {
 public:
  virtual Matrix residual_jacobian(const Vector& x, const Vector& theta) const = 0;  // ∂r/∂x, m×n
};

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

/// Least squares from the user's template r(x, θ); the Jacobian by forward mode, n tangents at once.
template <class R>
class TemplateLeastSquares final : public TemplateProblem<detail::HalfSquare<R>, LeastSquares> {
 public:
  /// @throws ShapeError unless n ≥ 1 and p ≥ 0.
  TemplateLeastSquares(R r, Index n, Index p)
      : TemplateProblem<detail::HalfSquare<R>, LeastSquares>({std::move(r)}, n, p) {}

  Matrix residual_jacobian(const Vector& x, const Vector& theta) const override {
    const Index n = this->dimension();
    const DualVector r = this->function().residuals(DualVector(x, Matrix::Identity(n, n)), DualVector(theta));
    return r.directions() == 0 ? Matrix(Matrix::Zero(r.size(), n)) : Matrix(r.tangents());
  }
};

/// The problem min_x ½‖r(x, θ)‖² with n = dim x, p = dim θ; r a template over the array type that gives an
/// array. @throws ShapeError unless n ≥ 1 and p ≥ 0.
template <class R>
TemplateLeastSquares<R> make_least_squares(R r, Index n, Index p) {
  return TemplateLeastSquares<R>(std::move(r), n, p);
}

}  // namespace unroll
