#include "unroll/ad/dual_array.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "ad/adaptors.hpp"
#include "unroll/error.hpp"

namespace unroll {

DualArray::DualArray(ad::Shape shape, const Eigen::Ref<const Vector>& value, const Matrix& tangents)
    : shape_(shape), block_(ad::fresh_block(shape.size(), 1 + tangents.cols())) {
  if (tangents.rows() != shape.size())
    throw ShapeError(fmt::format("dual array: {} entries, tangents are {}x{}", shape.size(), tangents.rows(),
                                 tangents.cols()));
  block_.col(0) = value;
  block_.rightCols(tangents.cols()) = tangents;
}

namespace ad {

namespace {

/// Blocks that dual arrays of this thread have left.
struct LeftBlocks {
  static constexpr Index least = Index{1} << 14;  // entries; smaller ones malloc keeps itself
  static constexpr Index most = Index{1} << 23;   // of all together
  static constexpr std::size_t places = 16;
  std::vector<Matrix> blocks{};
  Index entries = 0;
  static inline thread_local bool is_gone = false;  // arrays of static storage may outlive it
  LeftBlocks() { blocks.reserve(places); }
  ~LeftBlocks() { is_gone = true; }
  static LeftBlocks& own() {
    static thread_local LeftBlocks left;
    return left;
  }
};

}  // namespace

Matrix fresh_block(Index rows, Index cols) {
  if (rows * cols >= LeftBlocks::least && !LeftBlocks::is_gone) {
    LeftBlocks& left = LeftBlocks::own();
    for (Matrix& block : left.blocks) {
      if (block.size() != rows * cols) continue;
      left.entries -= block.size();
      Matrix found = std::move(block);
      std::swap(block, left.blocks.back());
      left.blocks.pop_back();
      found.resize(rows, cols);
      return found;
    }
  }
  return Matrix(rows, cols);
}

void leave_block(Matrix&& block) noexcept {
  if (block.size() < LeftBlocks::least || LeftBlocks::is_gone) return;
  try {
    LeftBlocks& left = LeftBlocks::own();
    if (left.blocks.size() == LeftBlocks::places || left.entries + block.size() > LeftBlocks::most) {
      left.blocks.clear();  // sizes have changed, as a rule
      left.entries = 0;
    }
    if (block.size() > LeftBlocks::most) return;
    left.entries += block.size();
    left.blocks.push_back(std::move(block));
  } catch (...) {  // no memory to keep memory: it is freed
  }
}

Index common_columns(std::initializer_list<Index> columns) {
  Index common = 1;
  for (const Index c : columns) {
    if (c == 1) continue;
    if (common != 1 && common != c)
      throw ShapeError(fmt::format("dual arrays of {} and {} tangents meet", common - 1, c - 1));
    common = c;
  }
  return common;
}

DualArray multiple_of(const DualArray& x, double factor) {
  Matrix y = fresh_block(x.block().rows(), x.block().cols());
  y = factor * x.block();
  return {x.shape(), std::move(y), x.block().half(), x.perturbation()};
}

DualArray sum_of(const DualArray& left, const DualArray& right, double sign, const char* operation) {
  same_shape(operation, left.shape(), right.shape());
  const ConstBlock a = left.block();
  const ConstBlock b = right.block();
  const Index columns = common_columns({a.cols(), b.cols()});
  const Perturbation perturbation = perturbation_of(left, right);
  Matrix sum = fresh_block(a.rows(), columns);
  if (a.cols() == b.cols()) {
    sum = a + sign * b;
    return {left.shape(), std::move(sum), half_of(a, b), perturbation};
  }
  sum.setZero();
  sum.leftCols(a.cols()) = a;
  sum.leftCols(b.cols()) += sign * b;
  return {left.shape(), std::move(sum), half_of(a, b), perturbation};
}

}  // namespace ad
}  // namespace unroll
