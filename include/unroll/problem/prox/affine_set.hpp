#pragma once

#include "unroll/ad/factorisation.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = 0 where A x = b, else ∞: v − Aᵀ(AAᵀ)⁻¹(A v − b). b is a constant, or the entries of θ from `parameter`
/// on, and then differentiated.
class AffineSet {
 public:
  /// @throws ShapeError unless b has as many entries as A has rows; NumericalError unless A, m×n, has rank m.
  AffineSet(Matrix A, Vector b);
  AffineSet(Matrix A, Index parameter);

  /// The projection of v, n; the same for every step. @throws ShapeError for another n, or a θ that is too
  /// short.
  template <class V>
  V operator()(const V& v, double, const V& theta) const {
    if (parameter_ >= 0) detail::check_parameter("affine set", parameter_ + A_.rows() - 1, theta.size());
    const V b = parameter_ < 0 ? V(b_) : V(segment(theta, parameter_, A_.rows()));
    return V(v - V(transposed_ * gram_.solve(V(V(A_ * v) - b))));
  }

 private:
  AffineSet(Matrix A, Vector b, Index parameter);
  Matrix A_, transposed_;
  Vector b_;
  Index parameter_;
  Factorisation gram_;
};

}  // namespace unroll
