#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "unroll/ad/sparse.hpp"

namespace unroll {

/// A linear map A of R^n, known by its products and, where it is sparse, by its pattern.
struct LinearMap {
  Index size = 0;                                // n
  bool symmetric = false;                        // and then meant to be positive definite
  std::string name = "A";                        // in messages
  std::function<Matrix(const Matrix&)> apply{};  // n×k → n×k: A V
  std::optional<SparsePattern> pattern{};        // where A may differ from zero; nothing: anywhere
  // The rows that alone differ from those of I, or else the columns; nothing: any may.
  std::optional<std::vector<Index>> active{};
};

/// map(V), `rows`×k, by 64 columns of V at a time: a product with derivatives needs memory for each of them.
Matrix in_blocks(const std::function<Matrix(const Matrix&)>& map, Index rows, const Matrix& v);

/// A, n×n, by products with 64 directions at a time.
Matrix dense_matrix(const LinearMap& a);

/// A, of which the pattern is known, by as many products as it takes for no two columns in one to share a row
/// (Curtis, Powell & Reid, On the estimation of sparse Jacobian matrices, 1974), and one more, that shows
/// whether the pattern has all. @throws DomainError naming a row in which it has not, ShapeError unless it is
/// n×n.
Eigen::SparseMatrix<double> sparse_matrix(const LinearMap& a);

namespace detail {
/// f.pattern(), where f has it.
template <class F>
std::optional<SparsePattern> pattern_of(const F& f) {
  if constexpr (requires {
                  { f.pattern() } -> std::convertible_to<std::optional<SparsePattern>>;
                }) {
    return f.pattern();
  } else {
    return std::nullopt;
  }
}
}  // namespace detail

}  // namespace unroll
