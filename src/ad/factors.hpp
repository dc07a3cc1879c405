#pragma once

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <string_view>

#include "unroll/ad/block.hpp"

/// Factors of a dense n×n matrix A: they solve with op(A), and name the pivot that fails.
namespace unroll::ad {

/// f(x), of one column as a vector, of which Eigen packs no panels.
template <class F>
void in_place(Block& x, const F& f) {
  if (x.cols() == 1) {
    Eigen::Map<Vector> column(x.data(), x.rows());
    f(column);
  } else {
    f(x);
  }
}

/// By Eigen's LLT, which reads the lower triangle, or PartialPivLU.
template <class Decomposition>
class Decomposed {
 public:
  /// A as a ConstBlock; of a PartialPivLU also as a sparse matrix. `name` is what messages call it.
  /// @throws NumericalError with the pivot that is not positive, or 0.
  template <class A>
  Decomposed(std::string_view name, const A& a);
  /// x = op(A)⁻¹ x, n × any. (Both factors permute and substitute where x stands.)
  void solve_in_place(Block& x, Side side) const {
    on_side(decomposition_, side,
            [&](const auto& a) { in_place(x, [&](auto& right) { right = a.solve(right); }); });
  }

 private:
  Decomposition decomposition_;
};
using Cholesky = Decomposed<Eigen::LLT<Matrix>>;
using Lu = Decomposed<Eigen::PartialPivLU<Matrix>>;

/// A triangular matrix, its own factor, where it stands. `mode` is Eigen::Lower or Eigen::Upper.
template <unsigned mode>
class Triangular {
 public:
  Triangular(const ConstBlock& a) : a_(a) {}  // NOLINT: implicit
  void solve_in_place(Block& x, Side side) const {
    on_side(a_.template triangularView<mode>(), side,
            [&](const auto& a) { in_place(x, [&](auto& right) { a.solveInPlace(right); }); });
  }

 private:
  ConstBlock a_;
};
/// @throws NumericalError with the pivot that is 0, or not finite.
void check_pivots(std::string_view name, const Eigen::Ref<const Vector, 0, Eigen::InnerStride<>>& pivots);

/// For systems A X = B; `name` as above. @throws ShapeError unless A is square, with as many rows as B.
void check_system(std::string_view name, Shape a, Index rows_of_b);

}  // namespace unroll::ad
