#pragma once

#include <deque>
#include <functional>

#include "unroll/types.hpp"

namespace unroll::detail {

/// The Krylov space of a symmetric H and several starting vectors, with an orthonormal basis V: block
/// Lanczos with full orthogonalisation, O(n k²) beside k products with H. Directions that add nothing to
/// rounding are left out.
class KrylovSpace {
 public:
  KrylovSpace(Index n, std::function<Vector(const Vector&)> apply)
      : apply_(std::move(apply)), basis_(n, 0), products_(n, 0) {}

  void add_start(Vector v) { candidates_.push_back(std::move(v)); }
  /// Grows until it has `size` directions, or there are no more: then false.
  bool grow(Index size);

  const Matrix& basis() const { return basis_; }        // V, n×k
  const Matrix& products() const { return products_; }  // H V, n×k
  /// Vᵀ H V, k×k.
  Matrix projected() const;

 private:
  std::function<Vector(const Vector&)> apply_;
  Matrix basis_, products_;
  std::deque<Vector> candidates_;  // not yet made orthogonal to the basis
};

}  // namespace unroll::detail
