#pragma once

#include <vector>

#include "unroll/ad/access.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/mixed_arithmetic.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/value_of.hpp"

/// Matrices and their parts, in all worlds: `matrix_t<V>` is the matrix of V's world, `vector_t<V>` its
/// vector. Every function here is linear, or made of linear ones, and is differentiated to second order.
/// Sums, norms, maxima and the like of rows and columns: along.hpp.
/// @throws ShapeError naming the operation and the sizes.
namespace unroll {

namespace ad {

/// On `erased` arrays.
/// @{
template <class E>
erased_result_t<E> reshaped(const E& x, Shape shape);
template <class E>
erased_result_t<E> sub_block(const E& x, const char* operation, Index row, Index col, Shape shape);
enum class Along : bool { rows, columns };  // which of the two a sum runs along
template <class E>
erased_result_t<E> sums(const E& x, Along along);
template <class E>
erased_result_t<E> repeated(const E& x, Along along, Index times);
template <class E>
erased_result_t<E> gathered(const E& x, std::vector<Index> indices, Shape shape);
template <class E>
erased_result_t<E> scattered(const E& x, std::vector<Index> indices, Shape shape);
template <class E>
erased_result_t<E> cumulated(const E& x);
std::vector<Index> diagonal_positions(Index rows, Index cols);
/// @}

}  // namespace ad

/// The entries of x, column by column, as a matrix [reshape(x, rows, cols): n → rows×cols]. Of a tape, the
/// same node.
template <ad::AnyArray V>
matrix_t<V> reshape(const V& x, Index rows, Index cols) {
  return matrix_t<V>(ad::reshaped(ad::erased(ad::materialise(x)), {rows, cols}));
}
/// The entries of x, column by column, as a vector [flatten(x): m×n → mn]. Of a tape, the same node.
template <ad::AnyArray V>
vector_t<V> flatten(const V& x) {
  return vector_t<V>(ad::reshaped(ad::erased(ad::materialise(x)), {x.size(), 1}));
}

/// The entries from (i, j) [block(x, i, j, r, c): m×n → r×c]; rows from `first` on [rows(x, first, count):
/// m×n → count×n]; columns from `first` on [columns(x, first, count): m×n → m×count]; row i as a vector
/// [row(x, i): m×n → n]; column j as a vector [column(x, j): m×n → m].
/// @{
template <ad::AnyArray V>
matrix_t<V> block(const V& x, Index i, Index j, Index r, Index c) {
  return matrix_t<V>(ad::sub_block(ad::erased(ad::materialise(x)), "block", i, j, {r, c}));
}
template <ad::AnyArray V>
matrix_t<V> rows(const V& x, Index first, Index count) {
  return matrix_t<V>(ad::sub_block(ad::erased(ad::materialise(x)), "rows", first, 0, {count, x.cols()}));
}
template <ad::AnyArray V>
matrix_t<V> columns(const V& x, Index first, Index count) {
  return matrix_t<V>(ad::sub_block(ad::erased(ad::materialise(x)), "columns", 0, first, {x.rows(), count}));
}
template <ad::AnyArray V>
vector_t<V> row(const V& x, Index i) {
  return flatten(rows(x, i, 1));
}
template <ad::AnyArray V>
vector_t<V> column(const V& x, Index j) {
  return flatten(columns(x, j, 1));
}
/// @}

/// The matrix whose k columns are x [repeat_columns(x, k): n → n×k]; the matrix whose k rows are xᵀ
/// [repeat_rows(x, k): n → k×n].
/// @{
template <ad::AnyArray V>
matrix_t<V> repeat_columns(const V& x, Index times) {
  return matrix_t<V>(ad::repeated(ad::erased(ad::materialise(x)), ad::Along::rows, times));
}
template <ad::AnyArray V>
matrix_t<V> repeat_rows(const V& x, Index times) {
  return matrix_t<V>(ad::repeated(ad::erased(ad::materialise(x)), ad::Along::columns, times));
}
/// @}

/// x_{i_0}, x_{i_1}, … [gather(x, indices): n → k]: entries of x, counted column by column. One may be taken
/// several times, its adjoints add up.
template <ad::AnyArray V>
vector_t<V> gather(const V& x, std::vector<Index> indices) {
  const Index count = static_cast<Index>(indices.size());
  return vector_t<V>(ad::gathered(ad::erased(ad::materialise(x)), std::move(indices), {count, 1}));
}
/// The vector to whose entry i_k x_k was added, for every k [scatter(x, indices, size): k → size]: sums over
/// segments, where i_k is the segment of x_k.
template <ad::AnyArray V>
vector_t<V> scatter(const V& x, std::vector<Index> indices, Index size) {
  return vector_t<V>(ad::scattered(ad::erased(ad::materialise(x)), std::move(indices), {size, 1}));
}
/// x_0, x_0 + x_1, … [cumulative_sum(x): n → n].
template <ad::AnyArray V>
vector_t<V> cumulative_sum(const V& x) {
  return vector_t<V>(ad::cumulated(ad::erased(ad::materialise(x))));
}

/// The diagonal of a matrix [diagonal(x): m×n → min(m, n)]; the diagonal matrix of a vector
/// [diagonal_matrix(x): n → n×n]; Σ x_ii [trace(x): m×n → 1].
/// @{
template <ad::AnyArray V>
vector_t<V> diagonal(const V& x) {
  return gather(x, ad::diagonal_positions(x.rows(), x.cols()));
}
template <ad::AnyArray V>
matrix_t<V> diagonal_matrix(const V& x) {
  const Index n = x.size();
  return matrix_t<V>(ad::scattered(ad::erased(ad::materialise(x)), ad::diagonal_positions(n, n), {n, n}));
}
template <ad::AnyArray V>
scalar_t<V> trace(const V& x) {
  return sum(diagonal(x));
}
/// @}

/// diag(v) X, row i times v_i [scale_rows(v, x): m, m×n → m×n]; X diag(v), column j times v_j
/// [scale_columns(x, v): m×n, n → m×n]. One of X and v may be plain.
/// @{
template <class V, class X>
requires ad::AnyArray<V> && ad::AnyArray<X>
auto scale_rows(const V& v, const X& x) { return cwise_product(repeat_columns(v, x.cols()), x); }
template <class X, class V>
requires ad::AnyArray<V> && ad::AnyArray<X>
auto scale_columns(const X& x, const V& v) { return cwise_product(x, repeat_rows(v, x.rows())); }
/// @}

/// a_ij where mask_ij ≠ 0, b_ij elsewhere [where(mask, a, b): m×n, m×n, m×n → m×n]; one of a and b may be a
/// number or a scalar, for all entries. What is not taken adds nothing, whatever its slope. The mask may be a
/// comparison of Eigen's.
/// @{
template <class A, class B>
requires ad::SameWorld<A, B> ad::common_array_t<A, B> where(const Matrix& mask, const A& a, const B& b) {
  using R = ad::common_array_t<A, B>;
  const Matrix of_a = (mask.array() != 0).template cast<double>(), of_b = 1.0 - of_a.array();
  const R first(a), second(b);
  return R(R(ad::masked(of_a, ad::erased(first))) + R(ad::masked(of_b, ad::erased(second))));
}
template <ad::AnyArray A, ad::ScalarForAll<A> S>
auto where(const Matrix& mask, const A& a, const S& b) {
  return where(mask, a, ad::filled(a, b));
}
template <ad::AnyArray B, ad::ScalarForAll<B> S>
auto where(const Matrix& mask, const S& a, const B& b) {
  return where(mask, ad::filled(b, a), b);
}
template <class M, class A, class B>
requires std::is_same_v<typename M::Scalar, bool>
auto where(const Eigen::DenseBase<M>& mask, const A& a, const B& b) {
  return where(Matrix(mask.derived().template cast<double>().matrix()), a, b);
}
/// @}

namespace ad {
/// Whether both bounds are x. @throws DomainError where they cross, naming the entry, or none of a scalar:
/// −1.
bool at_both_bounds(double x, double lower, double upper, Index entry);
/// 1 where it is so, 0 elsewhere; bounds of one entry are those of all.
Matrix at_both_bounds(const ConstBlock& x, const ConstBlock& lower, const ConstBlock& upper, Shape shape);
template <class X, class B>
decltype(auto) bound_of(const X& x, const B& bound) {
  if constexpr (AnyArray<B>) {
    same_shape("clamp", shape_of(x), shape_of(bound));
    return materialise(bound);
  } else {
    return common_scalar_t<B>(bound);
  }
}
template <class S>
concept Scalar = Number<S> || ScalarWithDerivative<S>;
}  // namespace ad
/// min(max(x, lower), upper) [clamp(x, lower, upper): n → n]. Bounds of an array are numbers, scalars or
/// arrays, or all three are scalars. On a bound the derivative is that of x, or, where the bounds are equal,
/// that of the lower one, of a number 0.
/// @throws DomainError, naming the entry, where lower > upper.
/// @{
template <ad::AnyArray V, class L, class U>
auto clamp(const V& x, const L& lower, const U& upper) {
  decltype(auto) at = ad::materialise(x);
  decltype(auto) low = ad::bound_of(at, lower);
  decltype(auto) high = ad::bound_of(at, upper);
  const Matrix both =
      ad::at_both_bounds(ad::block_of(at), ad::block_of(low), ad::block_of(high), ad::shape_of(at));
  if (both.isZero(0)) return min(max(at, low), high);
  return min(max(where(both, low, at), low), high);
}
template <ad::Scalar X, ad::Scalar L, ad::Scalar U, ad::Nothing... None>
auto clamp(const X& x, const L& lower, const U& upper, None...) {
  using S = ad::common_scalar_t<X, L, U>;
  const S at(x), low(lower), high(upper);
  const bool both = ad::at_both_bounds(value_of(at), value_of(low), value_of(high), -1);
  return both ? low : S(min(max(at, low), high));
}
/// @}

/// a bᵀ [outer(a, b): m, n → m×n].
template <class A, class B>
requires ad::SameWorld<A, B>
auto outer(const A& a, const B& b) {
  using M = matrix_t<ad::common_array_t<A, B>>;
  const M column = reshape(a, a.size(), 1), row = reshape(b, 1, b.size());
  return M(column * row);
}

}  // namespace unroll
