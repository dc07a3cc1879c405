#pragma once

#include <memory>

#include "unroll/ad/linear.hpp"

/// Sparse matrices whose pattern is constant and whose entries carry derivatives. A derivative has the
/// pattern too: nothing of size rows × cols is ever made.
///
///   const SparsePattern pattern(K0);                       // of any sparse matrix
///   const auto K = pattern.matrix(stiffness(theta));       // entries in the order of pattern.positions()
///   const V x = solve_cholesky(K, load);
namespace unroll {

template <ad::AnyArray V>
class SparseArray;

/// Where a sparse matrix may differ from zero. Cheap to copy; recordings keep it as long as they must.
class SparsePattern {
 public:
  /// The stored entries of `matrix`, zeros among them included.
  explicit SparsePattern(const Eigen::SparseMatrix<double>& matrix);
  /// n×n: the diagonal, `below` diagonals below it and `above` above. @throws ShapeError unless n ≥ 1, and
  /// below, above ≥ 0.
  static SparsePattern band(Index n, Index below, Index above);
  Index rows() const { return stored_->rows(); }
  Index cols() const { return stored_->cols(); }
  Index size() const;  // entries
  /// Row and column of every entry, column by column.
  std::vector<std::pair<Index, Index>> positions() const;
  /// Columns in groups, of which no two share a row: greedily, once for all copies.
  struct Groups {
    std::vector<Index> of_column;
    Matrix directions;  // cols × (groups + 1): 1 where the column is in the group; last ad::uneven
  };
  const Groups& groups() const;
  /// The sparse matrix with the given entries [pattern.matrix(entries): nnz → m×n], in the order of
  /// positions().
  /// @throws ShapeError for another number.
  template <ad::AnyArray V>
  SparseArray<vector_t<V>> matrix(const V& entries) const {
    check_size(entries.size());
    return {*this, vector_t<V>(ad::array_t<V>(entries))};
  }

  // For the engine.
  /// @cond engine
  const std::shared_ptr<const ad::Sparse>& stored() const { return stored_; }
  /// @endcond

 private:
  void check_size(Index entries) const;
  struct Once;
  std::shared_ptr<const ad::Sparse> stored_;
  std::shared_ptr<Once> once_;
};

/// A sparse matrix of V's world; see SparsePattern.
template <ad::AnyArray V>
class SparseArray {
 public:
  SparseArray(SparsePattern pattern, V entries, ad::Side side = ad::Side::plain)
      : pattern_(std::move(pattern)), entries_(std::move(entries)), side_(side) {}
  const SparsePattern& pattern() const { return pattern_; }  // of the matrix that was made, not transposed
  const V& entries() const { return entries_; }              // of that matrix
  ad::Side side() const { return side_; }

 private:
  SparsePattern pattern_;
  V entries_;
  ad::Side side_;
};

namespace ad {
/// n numbers within [0.5, 1.5) and of no structure, in which no differences cancel: a product with them sees
/// whatever a matrix has.
Vector uneven(Index n);
/// On `erased` arrays.
/// @{
template <class A, class B>
erased_result_t<A, B> sparse_product(const SparsePattern& pattern, Side side, const A& entries, const B& x);
template <class A, class B>
erased_result_t<A, B> sparse_solution(const SparsePattern& pattern, Side side, const A& entries, const B& b);
/// @}
}  // namespace ad

/// Aᵀ of a pattern.matrix [transpose(K): m×n → n×m]. Takes no work.
template <class V>
SparseArray<V> transpose(const SparseArray<V>& a) {
  return {a.pattern(), a.entries(), ad::other(a.side())};
}
/// A X of a pattern.matrix [K * x: m×n, n×k → m×k]. @throws ShapeError
template <class V, ad::AnyArray X>
ad::common_world_t<X, V> operator*(const SparseArray<V>& a, const X& x) {
  return ad::common_world_t<X, V>(
      ad::sparse_product(a.pattern(), a.side(), ad::erased(a.entries()), ad::erased(ad::materialise(x))));
}
/// A⁻¹ B of a pattern.matrix [solve_cholesky(K, b): n×n, n×k → n×k], for a symmetric positive definite A, of
/// which the lower triangle is read, by a sparse L D Lᵀ.
/// @throws ShapeError, NumericalError with the pivot that is not positive.
template <class V, ad::AnyArray B>
ad::common_world_t<B, V> solve_cholesky(const SparseArray<V>& a, const B& b) {
  return ad::common_world_t<B, V>(
      ad::sparse_solution(a.pattern(), a.side(), ad::erased(a.entries()), ad::erased(ad::materialise(b))));
}

}  // namespace unroll
