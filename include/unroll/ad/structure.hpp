#pragma once

#include <memory>
#include <vector>

#include "unroll/ad/access.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/mixed_arithmetic.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/value_of.hpp"

/// Matrices and their parts, in all worlds: `matrix_t<V>` is the matrix of V's world, `vector_t<V>` its
/// vector. Every function here is linear, or made of linear ones, and is differentiated to second order.
/// @throws ShapeError naming the operation and the sizes.
namespace unroll {

namespace ad {

template <class V>
using matrix_in_world_t =
    std::conditional_t<PlainArray<array_t<V>>, Matrix,
                       std::conditional_t<TapedArray<array_t<V>>, VarMatrix, DualMatrix>>;
template <class V>
using vector_in_world_t =
    std::conditional_t<PlainArray<array_t<V>>, Vector,
                       std::conditional_t<TapedArray<array_t<V>>, VarVector, DualVector>>;

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
using Indices = std::shared_ptr<const std::vector<Index>>;
template <class E>
erased_result_t<E> gathered(const E& x, const Indices& indices, Shape shape);
template <class E>
erased_result_t<E> scattered(const E& x, const Indices& indices, Shape shape);
template <class E>
erased_result_t<E> cumulated(const E& x);
Indices shared_indices(std::vector<Index> indices);
/// Where the greatest entry of every row, or column, lies in the flattened matrix.
std::vector<Index> greatest_positions(const ConstBlock& x, Shape shape, Along along);
std::vector<Index> diagonal_positions(Index rows, Index cols);
/// @}

}  // namespace ad

/// The matrix and the vector of V's world: Matrix, VarMatrix or DualMatrix, and Vector, VarVector or
/// DualVector.
/// @{
template <ad::AnyArray V>
using matrix_t = ad::matrix_in_world_t<V>;
template <ad::AnyArray V>
using vector_t = ad::vector_in_world_t<V>;
/// @}

// One line a function: `Result` of an operation on the erased array.
#define UNROLL_OF_ARRAY(Result, operation)     \
  {                                            \
    decltype(auto) array = ad::materialise(x); \
    return Result(ad::operation);              \
  }

/// The entries of x, column by column, as a rows × cols matrix; of a tape, the same node.
template <ad::AnyArray V>
matrix_t<V> reshape(const V& x, Index rows, Index cols)
    UNROLL_OF_ARRAY(matrix_t<V>, reshaped(ad::erased(array), {rows, cols}))
    /// The entries of x, column by column, as a vector; of a tape, the same node.
    template <ad::AnyArray V>
    vector_t<V> flatten(const V& x)
        UNROLL_OF_ARRAY(vector_t<V>, reshaped(ad::erased(array), {array.size(), 1}))

    /// The r × c entries from (i, j); some rows, some columns; row i as a vector.
    /// @{
    template <ad::AnyArray V>
    matrix_t<V> block(const V& x, Index i, Index j, Index r, Index c)
        UNROLL_OF_ARRAY(matrix_t<V>,
                        sub_block(ad::erased(array), "block", i, j, {r, c})) template <ad::AnyArray V>
        matrix_t<V> rows(const V& x, Index first, Index count)
            UNROLL_OF_ARRAY(matrix_t<V>, sub_block(ad::erased(array), "rows", first, 0,
                                                   {count, array.cols()})) template <ad::AnyArray V>
            matrix_t<V> columns(const V& x, Index first, Index count)
                UNROLL_OF_ARRAY(matrix_t<V>, sub_block(ad::erased(array), "columns", 0, first,
                                                       {array.rows(), count})) template <ad::AnyArray V>
                vector_t<V> row(const V& x, Index i) {
  return flatten(rows(x, i, 1));
}
/// @}

/// The matrix whose `times` columns are x, or whose rows are xᵀ.
/// @{
template <ad::AnyArray V>
matrix_t<V> repeat_columns(const V& x, Index times)
    UNROLL_OF_ARRAY(matrix_t<V>,
                    repeated(ad::erased(array), ad::Along::rows, times)) template <ad::AnyArray V>
    matrix_t<V> repeat_rows(const V& x, Index times)
        UNROLL_OF_ARRAY(matrix_t<V>, repeated(ad::erased(array), ad::Along::columns, times))
    /// @}

    /// Of every row, or of every column, as a vector: Σ x_ij and its mean.
    /// @{
    template <ad::AnyArray V>
    vector_t<V> row_sums(const V& x)
        UNROLL_OF_ARRAY(vector_t<V>, sums(ad::erased(array), ad::Along::rows)) template <ad::AnyArray V>
        vector_t<V> column_sums(const V& x)
            UNROLL_OF_ARRAY(vector_t<V>,
                            sums(ad::erased(array), ad::Along::columns)) template <ad::AnyArray V>
            vector_t<V> row_means(const V& x) {
  return row_sums(x) / static_cast<double>(x.cols());
}
template <ad::AnyArray V>
vector_t<V> column_means(const V& x) {
  return column_sums(x) / static_cast<double>(x.rows());
}
/// @}

/// x_{i_0}, x_{i_1}, …: entries of x, counted column by column; one may be taken several times, its adjoints
/// add up.
template <ad::AnyArray V>
vector_t<V> gather(const V& x, std::vector<Index> indices) {
  const auto shared = ad::shared_indices(std::move(indices));
  UNROLL_OF_ARRAY(vector_t<V>, gathered(ad::erased(array), shared, {static_cast<Index>(shared->size()), 1}))
}
/// The vector of `size` entries to whose entry i_k x_k was added, for every k: segment sums.
template <ad::AnyArray V>
vector_t<V> scatter(const V& x, std::vector<Index> indices, Index size) {
  const auto shared = ad::shared_indices(std::move(indices));
  UNROLL_OF_ARRAY(vector_t<V>, scattered(ad::erased(array), shared, {size, 1}))
}
/// x_0, x_0 + x_1, …
template <ad::AnyArray V>
vector_t<V> cumulative_sum(const V& x) UNROLL_OF_ARRAY(vector_t<V>, cumulated(ad::erased(array)))

    /// The greatest entry of every row, or column; of a tie, the first.
    /// @{
    template <ad::AnyArray V>
    vector_t<V> row_max(const V& x) {
  decltype(auto) array = ad::materialise(x);
  return gather(array, ad::greatest_positions(ad::block_of(array), ad::shape_of(array), ad::Along::rows));
}
template <ad::AnyArray V>
vector_t<V> column_max(const V& x) {
  decltype(auto) array = ad::materialise(x);
  return gather(array, ad::greatest_positions(ad::block_of(array), ad::shape_of(array), ad::Along::columns));
}
/// @}

/// The diagonal of a matrix; the diagonal matrix of a vector; Σ x_ii.
/// @{
template <ad::AnyArray V>
vector_t<V> diagonal(const V& x) {
  return gather(x, ad::diagonal_positions(x.rows(), x.cols()));
}
template <ad::AnyArray V>
matrix_t<V> diagonal_matrix(const V& x) {
  const auto shared = ad::shared_indices(ad::diagonal_positions(x.size(), x.size()));
  UNROLL_OF_ARRAY(matrix_t<V>, scattered(ad::erased(array), shared, {array.size(), array.size()}))
}
template <ad::AnyArray V>
scalar_t<V> trace(const V& x) {
  return sum(diagonal(x));
}
/// @}
#undef UNROLL_OF_ARRAY

/// diag(v) X, and X diag(v): row i, or column j, times v_i, or v_j. One of X and v may be plain.
/// @{
template <class V, class X>
requires ad::AnyArray<V> && ad::AnyArray<X>
auto scale_rows(const V& v, const X& x) { return cwise_product(repeat_columns(v, x.cols()), x); }
template <class X, class V>
requires ad::AnyArray<V> && ad::AnyArray<X>
auto scale_columns(const X& x, const V& v) { return cwise_product(x, repeat_rows(v, x.rows())); }
/// @}

/// The numbers a of X's world beside it, or zeros: a_ij where mask_ij ≠ 0, b_ij elsewhere. What is not taken
/// adds nothing, whatever its slope.
template <class A, class B>
requires ad::SameWorld<A, B> ad::common_array_t<A, B> where(const Matrix& mask, const A& a, const B& b) {
  using R = ad::common_array_t<A, B>;
  std::vector<Index> of_a, of_b;
  for (Index i = 0; i < mask.size(); ++i) (mask(i) != 0 ? of_a : of_b).push_back(i);
  ad::same_shape("where", {mask.rows(), mask.cols()}, {a.rows(), a.cols()});
  ad::same_shape("where", {a.rows(), a.cols()}, {b.rows(), b.cols()});
  const R first(a), second(b);
  const auto part = [&mask](const R& x, const std::vector<Index>& at) {
    return reshape(scatter(gather(x, at), at, mask.size()), mask.rows(), mask.cols());
  };
  const auto chosen = matrix_t<R>(part(first, of_a) + part(second, of_b));
  if constexpr (std::is_same_v<R, matrix_t<R>>)
    return chosen;
  else
    return flatten(chosen);
}
/// x within [lower, upper], numbers or arrays; on a bound the derivative is that of x.
template <ad::AnyArray V, class L, class U>
ad::array_t<V> clamp(const V& x, const L& lower, const U& upper) {
  return min(max(x, lower), upper);
}

/// a bᵀ
template <class A, class B>
requires ad::SameWorld<A, B>
auto outer(const A& a, const B& b) {
  using M = matrix_t<ad::common_array_t<A, B>>;
  const M column = reshape(a, a.size(), 1), row = reshape(b, 1, b.size());
  return M(column * row);
}

/// Of every row of x: log Σ_j e^{x_ij}, and the softmax e^{x_ij}/Σ_j e^{x_ij}, for entries of any size.
/// @{
template <ad::AnyArray V>
vector_t<V> row_log_sum_exp(const V& x) {
  decltype(auto) array = ad::materialise(x);
  const vector_t<V> greatest = row_max(array);
  const Vector shift = value_of(greatest);  // a constant: what it adds, it takes away
  return vector_t<V>(log(row_sums(exp(matrix_t<V>(array - repeat_columns(shift, array.cols()))))) + shift);
}
template <ad::AnyArray V>
matrix_t<V> row_softmax(const V& x) {
  decltype(auto) array = ad::materialise(x);
  const vector_t<V> greatest = row_max(array);
  const matrix_t<V> weights =
      exp(matrix_t<V>(array - repeat_columns(Vector(value_of(greatest)), array.cols())));
  return cwise_quotient(weights, repeat_columns(row_sums(weights), array.cols()));
}
/// @}

}  // namespace unroll
