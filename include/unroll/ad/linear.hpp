#pragma once

#include <Eigen/SparseCore>
#include <functional>

#include "unroll/ad/elementwise.hpp"

/// Linear maps: products of constant matrices, sparse matrices, operators and taped or dual matrices with
/// taped or dual arrays. One node each.
///
/// Lifetime. A constant dense matrix that is an lvalue, its transpose, a block or map of it, a sparse matrix
/// and a `LinearOperator` are held by reference, never copied: they must live, unchanged, as long as the tape
/// is swept. A matrix that is a temporary is copied onto the tape.
/// @throws ShapeError naming the operation and both shapes.
namespace unroll {

/// A linear map R^cols → R^rows that is never formed: x ↦ A x and y ↦ Aᵀ y.
struct LinearOperator {
  Index rows = 0;                                        // entries of A x
  Index cols = 0;                                        // entries of x
  std::function<Vector(const Vector&)> apply;            // cols → rows
  std::function<Vector(const Vector&)> apply_transpose;  // rows → cols
};

namespace ad {

/// A taped or dual array, or a linear combination of taped ones.
template <class T>
concept Differentiable = Linear<T> || DualisedArray<T>;
template <class T>
concept ConstantMatrix = PlainArray<T>;
template <class A>
inline constexpr bool is_matrix = std::is_same_v<A, VarMatrix> || std::is_same_v<A, DualMatrix>;
template <Differentiable A>
using matrix_of_t = std::conditional_t<TapedArray<array_t<A>>, VarMatrix, DualMatrix>;

/// A X for A held by reference.
template <class A>
A apply_constant(const MatrixView& matrix, const A& x);
/// X B for B held by reference; a vector if B is one column and wanted as such.
template <class M, class Result>
Result times_constant(const M& x, const MatrixView& matrix);
/// A X, both with derivatives: X a vector or a matrix.
template <class M, class A>
A product_of(const M& a, const A& x);
template <class M>
M transposed(const M& x);

/// The core whose memory a temporary may be copied to; null for duals, which are done with it at once.
template <class A>
TapeCore* memory_of(const A& x) {
  if constexpr (TapedArray<A>)
    return x.core();
  else
    return nullptr;
}

template <class D>
MatrixView view_of(const D& matrix) {
  const auto outer = static_cast<std::uint32_t>(matrix.outerStride());
  const auto rows = static_cast<std::uint32_t>(matrix.rows());
  const auto cols = static_cast<std::uint32_t>(matrix.cols());
  if constexpr (D::IsRowMajor)
    return {matrix.data(), cols, rows, outer, Side::transposed};
  else
    return {matrix.data(), rows, cols, outer, Side::plain};
}

/// Calls f(view) with the matrix, by reference where it has a home of its own, else from a copy.
template <class M, class A, class F>
auto with_view(M&& matrix, const A& x, const F& f) {
  using D = std::remove_cvref_t<M>;
  constexpr bool is_view = bool(D::Flags & Eigen::DirectAccessBit) && D::InnerStrideAtCompileTime == 1;
  constexpr bool is_plain = std::is_base_of_v<Eigen::PlainObjectBase<D>, D>;
  if constexpr (is_view && (!is_plain || std::is_lvalue_reference_v<M>)) {
    return f(view_of(matrix));
  } else {
    const Matrix copy = matrix;
    MatrixView view = view_of(copy);
    if (TapeCore* const core = memory_of(x); core != nullptr)
      view.data = core->keep_copy(copy.data(), static_cast<std::size_t>(copy.size()));
    return f(view);
  }
}

template <class A>
A apply_sparse(const Eigen::SparseMatrix<double>& matrix, Side side, const A& x);
template <class A>
A apply_operator(const LinearOperator& op, Side side, const A& x);

}  // namespace ad

/// A X and X B for a constant dense A or B. An lvalue, its transpose, a block or map of it is held by
/// reference, a temporary copied onto the tape. X b with a vector b is a vector. @throws ShapeError
/// @{
template <class M, ad::Differentiable V>
requires ad::ConstantMatrix<std::remove_cvref_t<M>> ad::array_t<V>
operator*(M&& matrix, const V& x) {
  decltype(auto) array = ad::materialise(x);
  return ad::with_view(std::forward<M>(matrix), array,
                       [&](const ad::MatrixView& view) { return ad::apply_constant(view, array); });
}

template <ad::Differentiable V, class M>
requires(ad::ConstantMatrix<std::remove_cvref_t<M>>&& ad::is_matrix<ad::array_t<V>>) auto operator*(
    const V& x, M&& matrix) {
  using A = ad::array_t<V>;
  constexpr bool gives_vector = std::remove_cvref_t<M>::ColsAtCompileTime == 1;
  using VectorResult = std::conditional_t<ad::TapedArray<A>, VarVector, DualVector>;
  using Result = std::conditional_t<gives_vector, VectorResult, A>;
  decltype(auto) array = ad::materialise(x);
  return ad::with_view(std::forward<M>(matrix), array, [&](const ad::MatrixView& view) {
    return ad::times_constant<A, Result>(array, view);
  });
}
/// @}

/// A X with derivatives in both. @throws ShapeError
template <ad::Differentiable M, ad::Differentiable V>
requires ad::is_matrix<ad::array_t<M>> ad::array_t<V>
operator*(const M& matrix, const V& x) { return ad::product_of(ad::materialise(matrix), ad::materialise(x)); }

/// Xᵀ, one node where X is taped.
/// @{
template <ad::Differentiable M>
requires ad::is_matrix<ad::array_t<M>> ad::array_t<M> transpose(const M& x) {
  return ad::transposed(ad::materialise(x));
}
inline Matrix transpose(const Matrix& x) { return x.transpose(); }
/// @}

/// A X and Aᵀ X for a sparse A, held by reference. @throws ShapeError
/// @{
template <ad::Differentiable V>
ad::array_t<V> operator*(const Eigen::SparseMatrix<double>& matrix, const V& x) {
  return ad::apply_sparse(matrix, ad::Side::plain, ad::materialise(x));
}
template <ad::Differentiable V>
ad::array_t<V> operator*(const Eigen::Transpose<const Eigen::SparseMatrix<double>>& matrix, const V& x) {
  return ad::apply_sparse(matrix.nestedExpression(), ad::Side::transposed, ad::materialise(x));
}
template <ad::Differentiable V>
ad::array_t<V> operator*(const Eigen::Transpose<Eigen::SparseMatrix<double>>& matrix, const V& x) {
  return ad::apply_sparse(matrix.nestedExpression(), ad::Side::transposed, ad::materialise(x));
}

/// @}

/// Held by reference: a temporary would be gone before the sweep.
/// @{
template <ad::Differentiable V>
void operator*(const Eigen::SparseMatrix<double>&& matrix, const V& x) = delete;
template <ad::Differentiable V>
void operator*(const LinearOperator&& op, const V& x) = delete;
/// @}

/// A x for an operator that is only applied.
template <ad::AnyArray V>
ad::array_t<V> operator*(const LinearOperator& op, const V& x) {
  return ad::apply_operator(op, ad::Side::plain, ad::materialise(x));
}
/// Aᵀ x.
template <ad::AnyArray V>
ad::array_t<V> transpose_product(const LinearOperator& op, const V& x) {
  return ad::apply_operator(op, ad::Side::transposed, ad::materialise(x));
}

}  // namespace unroll
