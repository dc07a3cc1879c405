#pragma once

#include <span>
#include <vector>

#include "unroll/ad/assembly.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/structure.hpp"

/// Of every row, or of every column, of a matrix: sums, means, maxima, norms, log-sum-exp and softmax. What
/// gives one number for each gives a vector. @throws ShapeError naming the sizes where a mean, a maximum,
/// log-sum-exp or softmax is of rows, or columns, of nothing.
namespace unroll {

namespace ad {

/// Where the greatest entry of every row, or column, lies in the flattened matrix.
std::vector<Index> greatest_positions(const ConstBlock& x, Shape shape, Along along);
Vector greatest_values(const ConstBlock& x, Shape shape, Along along);
/// What exponentials are shifted by, the greatest entries m, or 0 where they are infinite; `none` is 1 where
/// m = −∞, `all` where m = +∞, 0 elsewhere.
struct Shifts {
  Vector by, none, all;
};
Shifts shifts_of(const Vector& greatest);
/// 1 where an entry is +∞, 0 elsewhere.
Matrix infinite_entries(const ConstBlock& x, Shape shape);
/// What entries are divided by before they are squared, the greatest magnitudes m, and 1/m; `none` is 1 where
/// m = 0, and there 1/m is 0.
struct NormScales {
  Vector scale, inverse, none;
};
NormScales norm_scales(const ConstBlock& x, Shape shape, Along along);

template <class V>
vector_t<V> sums_along(const V& x, Along along) {
  return vector_t<V>(sums(erased(materialise(x)), along));
}
/// What they are made of: of a mean or maximum there must be something. @throws ShapeError
Index length_along(const char* operation, Shape shape, Along along);
template <class V>
vector_t<V> means_along(const V& x, Along along) {
  const Index length = length_along("mean", shape_of(x), along);
  return sums_along(x, along) / static_cast<double>(length);
}
template <class V>
vector_t<V> greatest_along(const V& x, Along along) {
  decltype(auto) array = materialise(x);
  return gather(array, greatest_positions(block_of(array), shape_of(array), along));
}
/// One number for every row, or column, in all entries of a matrix of x's shape.
template <class V, class X>
matrix_t<V> spread(const V& numbers, Along along, const X& x) {
  return along == Along::rows ? repeat_columns(numbers, x.cols()) : repeat_rows(numbers, x.rows());
}
/// e^{x − m} with m of every row, or column, a constant: what it takes away is added again, or cancels. Of
/// −∞ only they are 0, and what they are divided by is 1; where m = +∞ they are 1 at infinite entries, 0
/// elsewhere.
template <class V>
struct ShiftedExponentials {
  Vector greatest, all;
  matrix_t<V> weights;
  vector_t<V> total;

  ShiftedExponentials(const V& x, Along along) : greatest(greatest_values(block_of(x), shape_of(x), along)) {
    const Shifts shifts = shifts_of(greatest);
    all = shifts.all;
    weights = unroll::exp(matrix_t<V>(x - spread(shifts.by, along, x)));
    if (!all.isZero(0))
      weights = where(spread(all, along, x), Matrix(infinite_entries(block_of(x), shape_of(x))), weights);
    total = vector_t<V>(sums_along(weights, along) + shifts.none);
  }
};
template <class V>
vector_t<V> log_sum_exp_along(const V& x, Along along) {
  const ShiftedExponentials<V> e(x, along);
  const vector_t<V> sums = unroll::log(e.total) + e.greatest;
  return e.all.isZero(0) ? sums : vector_t<V>(where(e.all, greatest_along(x, along), sums));
}
template <class V>
matrix_t<V> softmax_along(const V& x, Along along) {
  const ShiftedExponentials<V> e(x, along);
  return cwise_quotient(e.weights, spread(e.total, along, x));
}
/// Norms whose squares leave no range: of x/m with the greatest magnitudes m. Of zeros it is √(0 + 1) − 1 of
/// 0 times x, which has the derivative 0; along rays (see Tape) they are norms by themselves.
template <class V>
vector_t<V> norms_along(const V& x, Along along) {
  if (x.size() == 0) return sums_along(x, along);
  const auto [scale, inverse, none] = norm_scales(block_of(x), shape_of(x), along);
  const Matrix weights = spread(inverse, along, x);
  const vector_t<V> squares =
      sums_along(matrix_t<V>(unroll::square(cwise_product(weights, matrix_t<V>(x)))), along);
  const vector_t<V> norms =
      cwise_product(scale, vector_t<V>(unroll::sqrt(vector_t<V>(squares + none)) - none));
  if constexpr (TapedArray<V>) {
    if (x.core() != nullptr && x.core()->tangents > 0 && x.core()->ray != 0 && none.sum() > 0) {
      const matrix_t<V> lines = along == Along::rows ? matrix_t<V>(x) : matrix_t<V>(transpose(x));
      std::vector<Index> where;
      std::vector<Var> of_zeros;
      for (Index i = 0; i < none.size(); ++i) {
        if (none[i] == 0) continue;
        where.push_back(i);
        of_zeros.push_back(norm(row(lines, i)));
      }
      return vector_t<V>(norms + scatter(assemble(std::span<const Var>(of_zeros)), where, norms.size()));
    }
  }
  return norms;
}

}  // namespace ad

// One line a function: of rows and of columns.
#define UNROLL_ALONG(Result, name_of_rows, name_of_columns, function) \
  template <ad::AnyArray V>                                           \
  Result<V> name_of_rows(const V& x) {                                \
    return ad::function(ad::materialise(x), ad::Along::rows);         \
  }                                                                   \
  template <ad::AnyArray V>                                           \
  Result<V> name_of_columns(const V& x) {                             \
    return ad::function(ad::materialise(x), ad::Along::columns);      \
  }
/// Σ_j x_ij [row_sums(x): m×n → m]; Σ_i x_ij [column_sums(x): m×n → n].
/// @{
UNROLL_ALONG(vector_t, row_sums, column_sums, sums_along)
/// @}
/// Σ_j x_ij / n [row_means(x): m×n → m]; Σ_i x_ij / m [column_means(x): m×n → n].
/// @{
UNROLL_ALONG(vector_t, row_means, column_means, means_along)
/// @}
/// max_j x_ij [row_max(x): m×n → m]; max_i x_ij [column_max(x): m×n → n]. The derivative is that of the
/// greatest entry, of a tie of the first.
/// @{
UNROLL_ALONG(vector_t, row_max, column_max, greatest_along)
/// @}
/// (Σ_j x_ij²)^½ [row_norms(x): m×n → m]; (Σ_i x_ij²)^½ [column_norms(x): m×n → n]. For entries of any size;
/// of zeros the derivative is 0.
/// @{
UNROLL_ALONG(vector_t, row_norms, column_norms, norms_along)
/// @}
/// log Σ_j e^{x_ij} [row_log_sum_exp(x): m×n → m]; log Σ_i e^{x_ij} [column_log_sum_exp(x): m×n → n]. For
/// entries of any size; where the greatest is infinite it is that one, and its derivative.
/// @{
UNROLL_ALONG(vector_t, row_log_sum_exp, column_log_sum_exp, log_sum_exp_along)
/// @}
/// e^{x_ij} / Σ_j e^{x_ij} [row_softmax(x): m×n → m×n]; e^{x_ij} / Σ_i e^{x_ij}
/// [column_softmax(x): m×n → m×n]. For entries of any size.
/// @{
UNROLL_ALONG(matrix_t, row_softmax, column_softmax, softmax_along)
/// @}
#undef UNROLL_ALONG

}  // namespace unroll
