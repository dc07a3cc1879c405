#pragma once

#include "unroll/ad/constant.hpp"

/// Linear maps: products of constant matrices, sparse matrices, operators and taped or dual matrices with
/// taped or dual arrays. One node each. How long a constant must live: constant.hpp. @throws ShapeError
/// naming the operation and both shapes.
namespace unroll {

namespace ad {

template <class A>
inline constexpr bool is_matrix = std::is_same_v<A, VarMatrix> || std::is_same_v<A, DualMatrix>;

/// On `erased` arrays: A X and X B for A and B held by reference, A X with derivatives in both, Xᵀ, and op(A)
/// X.
/// @{
template <class E>
E apply_constant(const MatrixView& matrix, const E& x);
template <class E>
E times_constant(const E& x, const MatrixView& matrix);
template <class E>
E product_of(const E& a, const E& x);
template <class E>
E transposed(const E& x);
template <class E>
E apply_sparse(const Sparse& matrix, Side side, const E& x);
template <class E>
erased_result_t<E> apply_operator(const LinearOperator& op, Side side, const E& x);
/// @}

/// op(A) X for a constant A that is referred to.
template <NamedConstant M, class A>
A apply_named(const M& matrix, Side side, const A& x) {
  if constexpr (PlainArray<A> && !std::is_same_v<M, LinearOperator>)
    return side == Side::plain ? A(matrix * x) : A(matrix.transpose() * x);
  else if constexpr (std::is_same_v<M, Matrix>)
    return A(apply_constant(view_of(matrix, side), erased(x)));
  else if constexpr (std::is_same_v<M, Sparse>)
    return A(apply_sparse(matrix, side, erased(x)));
  else
    return A(apply_operator(matrix, side, erased(x)));
}

/// X op(B) likewise.
template <class A>
A times_named(const A& x, const Matrix& matrix, Side side) {
  if constexpr (PlainArray<A>)
    return side == Side::plain ? A(x * matrix) : A(x * matrix.transpose());
  else
    return A(times_constant(erased(x), view_of(matrix, side)));
}

}  // namespace ad

/// A X [A * x: m×n, n×k → m×k]; X B [x * B: m×n, n×k → m×k] for a constant dense A or B. X b with a vector b
/// is a vector. @throws ShapeError
/// @{
template <class M, ad::Differentiable V>
requires ad::PlainArray<std::remove_cvref_t<M>> ad::array_t<V>
operator*(M&& matrix, const V& x) {
  decltype(auto) array = ad::materialise(x);
  return ad::with_view(std::forward<M>(matrix), array, [&](const ad::MatrixView& view) {
    return ad::array_t<V>(ad::apply_constant(view, ad::erased(array)));
  });
}

template <ad::Differentiable V, class M>
requires(ad::PlainArray<std::remove_cvref_t<M>>&& ad::is_matrix<ad::array_t<V>>) auto operator*(const V& x,
                                                                                                M&& matrix) {
  using A = ad::array_t<V>;
  constexpr bool gives_vector = std::remove_cvref_t<M>::ColsAtCompileTime == 1;
  using Result = std::conditional_t<gives_vector, vector_t<A>, A>;
  decltype(auto) array = ad::materialise(x);
  return ad::with_view(std::forward<M>(matrix), array, [&](const ad::MatrixView& view) {
    return Result(ad::times_constant(ad::erased(array), view));
  });
}
/// @}

/// Of Eigen's other kinds, floats, a diagonal, a triangle: do not compile, and say what to write.
/// @{
namespace ad {
template <class M>
void accepts_eigen(const Eigen::EigenBase<M>&);
template <class M>
inline constexpr bool is_sparse_transpose = false;
template <class M>
inline constexpr bool is_sparse_transpose<Eigen::Transpose<M>> =
    std::is_same_v<std::remove_const_t<M>, Sparse>;
template <class M>
concept OtherMatrix = requires(const M& m) {
  accepts_eigen(m);
}
&&!PlainArray<M> && !std::is_same_v<M, Sparse> && !is_sparse_transpose<M>;
template <class M>
void refuse_matrix() {
  static_assert(
      never<M>,
      "variables are multiplied by a Matrix or a SparseMatrix<double>: of floats write `A.cast<double>() "
      "* x`, of a diagonal `cwise_product(d, x)` (of a matrix `scale_rows(d, X)`, `scale_columns(X, d)`), "
      "of other expressions of Eigen's `Matrix(A) * x`");
}
}  // namespace ad
template <ad::OtherMatrix M, ad::Differentiable V>
ad::array_t<V> operator*(const M&, const V& x) {
  ad::refuse_matrix<M>();
  return x;
}
template <ad::Differentiable V, ad::OtherMatrix M>
ad::array_t<V> operator*(const V& x, const M&) {
  ad::refuse_matrix<M>();
  return x;
}
/// @}

/// A X [x * y: m×n, n×k → m×k] with derivatives in both. @throws ShapeError
template <ad::Differentiable M, ad::Differentiable V>
requires ad::is_matrix<ad::array_t<M>> ad::array_t<V>
operator*(const M& matrix, const V& x) {
  return ad::array_t<V>(ad::product_of(ad::erased(ad::materialise(matrix)), ad::erased(ad::materialise(x))));
}

/// Xᵀ [transpose(x): m×n → n×m]. One node where X is taped.
/// @{
template <ad::Differentiable M>
requires ad::is_matrix<ad::array_t<M>> ad::array_t<M> transpose(const M& x) {
  return ad::array_t<M>(ad::transposed(ad::erased(ad::materialise(x))));
}
Matrix transpose(const Matrix& x);
/// @}

/// A X [sparse * x: m×n, n×k → m×k]; Aᵀ X [sparse.transpose() * x: m×n, m×k → n×k] for a sparse A. @throws
/// ShapeError
template <class M, ad::Differentiable V>
requires(std::is_same_v<M, ad::Sparse> || ad::is_sparse_transpose<M>) ad::array_t<V>
operator*(const M& matrix, const V& x) {
  constexpr ad::Side side = std::is_same_v<M, ad::Sparse> ? ad::Side::plain : ad::Side::transposed;
  decltype(auto) array = ad::materialise(x);
  return ad::apply_named(ad::held(ad::recording_of(array), ad::home_of(matrix)), side, array);
}

/// A x [op * x: m×n, n → m]; Aᵀ x [transpose_product(op, x): m×n, m → n] for a LinearOperator, which is only
/// applied. @throws ShapeError
/// @{
template <ad::AnyArray V>
ad::array_t<V> operator*(const LinearOperator& op, const V& x) {
  decltype(auto) array = ad::materialise(x);
  return ad::apply_named(ad::held(ad::recording_of(array), op), ad::Side::plain, array);
}
template <ad::AnyArray V>
ad::array_t<V> transpose_product(const LinearOperator& op, const V& x) {
  decltype(auto) array = ad::materialise(x);
  return ad::apply_named(ad::held(ad::recording_of(array), op), ad::Side::transposed, array);
}
/// @}

/// A X [Constant(A) * x: m×n, n×k → m×k]; X B [x * Constant(B): m×n, n×k → m×k] for a constant that is shared
/// or referred to. By `std::cref(A)` it is referred to; transpose(…) of either takes no work. @throws
/// ShapeError
/// @{
template <ad::NamedConstant M, ad::AnyArray V>
ad::array_t<V> operator*(const Constant<M>& matrix, const V& x) {
  decltype(auto) array = ad::materialise(x);
  if (ad::TapeCore* const core = ad::recording_of(array); core != nullptr) core->keep(matrix.owner());
  return ad::apply_named(matrix.stored(), matrix.side(), array);
}
template <ad::AnyArray V>
ad::array_t<V> operator*(const V& x, const Constant<Matrix>& matrix) {
  decltype(auto) array = ad::materialise(x);
  if (ad::TapeCore* const core = ad::recording_of(array); core != nullptr) core->keep(matrix.owner());
  return ad::times_named(array, matrix.stored(), matrix.side());
}
template <ad::NamedConstant M, ad::AnyArray V>
ad::array_t<V> operator*(std::reference_wrapper<const M> matrix, const V& x) {
  return ad::apply_named(matrix.get(), ad::Side::plain, ad::materialise(x));
}
template <ad::AnyArray V, class M>  // (deduced: no matrix shall become a wrapper)
requires std::is_same_v<M, Matrix> ad::array_t<V>
operator*(const V& x, std::reference_wrapper<const M> matrix) {
  return ad::times_named(ad::materialise(x), matrix.get(), ad::Side::plain);
}
template <ad::NamedConstant M>
Constant<M> transpose(std::reference_wrapper<const M> matrix) {
  return Constant<M>::referring_to(matrix.get()).transpose();
}
template <ad::NamedConstant M>
Constant<M> transpose(const Constant<M>& matrix) {
  return matrix.transpose();
}
/// @}

}  // namespace unroll
