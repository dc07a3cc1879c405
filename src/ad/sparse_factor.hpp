#pragma once

#include <fmt/format.h>

#include <Eigen/SparseCholesky>

#include "unroll/ad/block.hpp"
#include "unroll/error.hpp"

namespace unroll::ad {

/// The factors of a sparse symmetric positive definite matrix, of which the lower triangle is read: Eigen's
/// L D Lᵀ with an approximate minimum degree ordering.
class SparseCholesky {
 public:
  /// @throws NumericalError with the pivot that is not positive, in the order of elimination.
  SparseCholesky(const char* operation, const Eigen::SparseMatrix<double>& a) : decomposition_(a) {
    const Vector pivots = decomposition_.vectorD();
    for (Index k = 0; k < pivots.size(); ++k)
      if (!(pivots[k] > 0))
        throw NumericalError(fmt::format("{}: A is {}x{} and not positive definite: pivot {} is {}",
                                         operation, a.rows(), a.cols(), k, pivots[k]));
    if (decomposition_.info() != Eigen::Success)
      throw NumericalError(
          fmt::format("{}: A is {}x{} and not positive definite", operation, a.rows(), a.cols()));
  }
  void solve_in_place(Block& x, Side) const { x = decomposition_.solve(x).eval(); }

 private:
  Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower> decomposition_;
};

}  // namespace unroll::ad
