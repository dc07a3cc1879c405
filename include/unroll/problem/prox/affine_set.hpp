#pragma once

#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

/// ψ = 0 where A x = b, else ∞: v − Q(Qᵀv) + A⁺b with Q an orthonormal basis of A's rows. b is a constant, or
/// the entries of θ from `parameter` on, and then differentiated.
class AffineSet {
 public:
  /// @throws ShapeError unless b has as many entries as A has rows; DomainError if `parameter` < 0;
  /// NumericalError unless A, m×n, has rank m.
  AffineSet(const Matrix& A, Vector b);
  AffineSet(const Matrix& A, Index parameter);

  /// The projection of v, n; the same for every step. @throws ShapeError for another n, or a θ that is too
  /// short.
  template <class V>
  V operator()(const V& v, double, const V& theta) const {
    check_size(v.size());
    if (parameter_ >= 0)
      detail::check_parameter("affine set", parameter_ + inverse_.cols() - 1, theta.size());
    const V b = parameter_ < 0 ? V(b_) : V(segment(theta, parameter_, inverse_.cols()));
    return V(v - V(basis_ * V(transposed_ * v)) + V(inverse_ * b));
  }

 private:
  AffineSet(const Matrix& A, Vector b, Index parameter);
  void check_size(Index n) const;
  Matrix basis_, transposed_, inverse_;  // Q, n×m, Qᵀ and A⁺, n×m
  Vector b_;
  Index parameter_;
};

}  // namespace unroll
