#pragma once

#include <fmt/format.h>

#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>
#include <string_view>

#include "unroll/ad/block.hpp"
#include "unroll/error.hpp"

namespace unroll::ad {

/// The factors of a sparse symmetric positive definite matrix, of which the lower triangle is read: Eigen's
/// L D Lᵀ with an approximate minimum degree ordering.
class SparseCholesky {
 public:
  /// @throws NumericalError with the pivot that is not positive, in the order of elimination.
  SparseCholesky(std::string_view name, const Eigen::SparseMatrix<double>& a) : decomposition_(a) {
    const Vector pivots = decomposition_.vectorD();
    for (Index k = 0; k < pivots.size(); ++k)
      if (!(pivots[k] > 0))
        throw NumericalError(fmt::format("{} is {}x{} and not positive definite: pivot {} is {}", name,
                                         a.rows(), a.cols(), k, pivots[k]));
    if (decomposition_.info() != Eigen::Success)
      throw NumericalError(fmt::format("{} is {}x{} and not positive definite", name, a.rows(), a.cols()));
  }
  void solve_in_place(Block& x, Side) const { x = decomposition_.solve(x).eval(); }

 private:
  Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower> decomposition_;
};

/// The factors of a sparse regular matrix: Eigen's P A Q = L U with a column ordering.
class SparseLu {
 public:
  /// @throws NumericalError if A is singular, or not finite.
  SparseLu(std::string_view name, const Eigen::SparseMatrix<double>& a) {
    const auto n = a.rows();
    if (!a.coeffs().allFinite())
      throw NumericalError(fmt::format("{} is {}x{} and has entries that are not finite", name, n, n));
    decomposition_.compute(a);
    if (decomposition_.info() != Eigen::Success)
      throw NumericalError(fmt::format("{} is {}x{} and singular", name, n, n));
  }
  void solve_in_place(Block& x, Side side) const {
    on_side(decomposition_, side, [&](const auto& a) { x = a.solve(x).eval(); });
  }

 private:
  // (Its transpose is not const, though it changes nothing.)
  mutable Eigen::SparseLU<Eigen::SparseMatrix<double>> decomposition_;
};

}  // namespace unroll::ad
