#include "unroll/ad/user_rule.hpp"

#include <fmt/format.h>

namespace unroll::ad {

void throw_once_differentiable(const char* order) {
  throw UnsupportedError(
      fmt::format("apply: {} derivatives need a pullback that is a template and accepts DualVector", order));
}

void check_given(const char* function, Index got, Index wanted) {
  if (got != wanted)
    throw ShapeError(fmt::format("apply: {} gave {} entries, not {}", function, got, wanted));
}

Matrix pair_of_columns(const ConstBlock& block, Index j, Index k) {
  Matrix two = Matrix::Zero(block.rows(), 2);
  if (j < block.cols()) two.col(0) = block.col(j);
  if (k < block.cols()) two.col(1) = block.col(k);
  return two;
}

void add_moved(Block& y, Index i, const ConstBlock& x_bar, const ConstBlock& x) {
  if (x_bar.cols() == 1 || x.cols() == 1) return;
  check_given("pullback", x_bar.rows(), x.rows());
  for (Index j = 1; j < y.half(); ++j) y(i, y.half() + j) += x_bar.col(1).dot(x.col(j));
}

Matrix scaled_copy(const ScaledBlock& block) { return block.scale * block.block; }

}  // namespace unroll::ad
