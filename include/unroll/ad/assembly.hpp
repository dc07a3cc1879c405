#pragma once

#include <span>
#include <vector>

#include "unroll/ad/structure.hpp"

/// Matrices made of scalars, columns, rows and blocks, in all worlds.
namespace unroll {

namespace ad {
template <class S>
concept AssembledScalar = std::is_same_v<S, double> || std::is_same_v<S, Var> || std::is_same_v<S, Dual>;
[[noreturn]] void throw_entries(Index entries, Shape shape);
/// @throws ShapeError, "operation: part i has …", unless `found` is `wanted`.
void check_part(const char* operation, const char* part, Index i, const char* what, Index found,
                Index wanted);
/// Vectors one under another, in pairs of pairs: what is copied grows as n log n.
template <class V>
V joined(std::vector<V> parts) {
  if (parts.empty()) return V(Vector(0));
  for (; parts.size() > 1; parts.resize((parts.size() + 1) / 2))
    for (std::size_t i = 0; 2 * i < parts.size(); ++i) {
      V pair = 2 * i + 1 < parts.size() ? V(concatenate(parts[2 * i], parts[2 * i + 1])) : parts[2 * i];
      parts[i] = std::move(pair);
    }
  return parts.front();
}
/// [A B …] of matrices with as many rows.
template <class M>
M side_by_side(const std::vector<M>& matrices, Index rows) {
  std::vector<vector_t<M>> entries;
  Index cols = 0;
  for (const M& matrix : matrices) {
    entries.push_back(flatten(matrix));
    cols += matrix.cols();
  }
  return reshape(joined(std::move(entries)), rows, cols);
}
}  // namespace ad

/// The matrix of the given scalars, column by column [assemble(entries, m, n): m·n scalars → m×n]. @throws
/// ShapeError unless they are as many.
template <ad::AssembledScalar S>
auto assemble(const std::vector<S>& entries, Index rows, Index cols) {
  const auto size = static_cast<Index>(entries.size());
  if (rows < 0 || cols < 0 || rows * cols != size) ad::throw_entries(size, {rows, cols});
  return reshape(assemble(std::span<const S>(entries)), rows, cols);
}
/// The matrix of the given columns [from_columns(columns): n vectors of m → m×n]; that of the given rows
/// [from_rows(rows): m vectors of n → m×n]. @throws ShapeError unless they have as many entries.
/// @{
template <ad::AnyArray V>
requires std::is_same_v<V, vector_t<V>> matrix_t<V> from_columns(const std::vector<V>& columns) {
  const Index rows = columns.empty() ? 0 : columns.front().size();
  for (std::size_t j = 0; j < columns.size(); ++j)
    ad::check_part("from_columns", "column", static_cast<Index>(j), "entries", columns[j].size(), rows);
  return reshape(ad::joined(columns), rows, static_cast<Index>(columns.size()));
}
template <ad::AnyArray V>
requires std::is_same_v<V, vector_t<V>> matrix_t<V> from_rows(const std::vector<V>& rows) {
  const Index cols = rows.empty() ? 0 : rows.front().size();
  for (std::size_t i = 0; i < rows.size(); ++i)
    ad::check_part("from_rows", "row", static_cast<Index>(i), "entries", rows[i].size(), cols);
  return transpose(matrix_t<V>(reshape(ad::joined(rows), cols, static_cast<Index>(rows.size()))));
}
/// @}
/// The matrix of the given blocks [from_blocks(blocks): r lists of c matrices → m×n], a list of block rows,
/// each a list of matrices of one height. @throws ShapeError unless blocks of a row have as many rows, and
/// block rows as many columns.
template <ad::AnyArray M>
requires std::is_same_v<M, matrix_t<M>> M from_blocks(const std::vector<std::vector<M>>& blocks) {
  std::vector<M> columns;  // the transposes of the block rows
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Index rows = blocks[i].empty() ? 0 : blocks[i].front().rows();
    for (std::size_t j = 0; j < blocks[i].size(); ++j)
      ad::check_part("from_blocks", "block", static_cast<Index>(j), "rows", blocks[i][j].rows(), rows);
    columns.push_back(transpose(ad::side_by_side(blocks[i], rows)));
    ad::check_part("from_blocks", "block row", static_cast<Index>(i), "columns", columns[i].rows(),
                   columns[0].rows());
  }
  return transpose(ad::side_by_side(columns, columns.empty() ? 0 : columns.front().rows()));
}

}  // namespace unroll
