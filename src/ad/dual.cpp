#include "unroll/ad/dual.hpp"

#include <fmt/format.h>

#include "unroll/ad/operators.hpp"
#include "unroll/error.hpp"

namespace unroll {

void Dual::throw_directions(Index a, Index b) {
  throw ShapeError(fmt::format("dual numbers of {} and {} tangents meet", a, b));
}

DualArray::DualArray(ad::Shape shape, const Eigen::Ref<const Vector>& value, const Matrix& tangents)
    : shape_(shape), block_(shape.size(), 1 + tangents.cols()) {
  if (tangents.rows() != shape.size())
    throw ShapeError(fmt::format("dual array: {} entries, tangents are {}x{}", shape.size(), tangents.rows(),
                                 tangents.cols()));
  block_.col(0) = value;
  block_.rightCols(tangents.cols()) = tangents;
}

namespace ad {

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

DualArray sum_of(const DualArray& left, const DualArray& right, double sign, const char* operation) {
  if (left.shape() != right.shape())
    throw ShapeError(fmt::format("{}: left is {}x{}, right is {}x{}", operation, left.rows(), left.cols(),
                                 right.rows(), right.cols()));
  const ConstBlock a = left.block();
  const ConstBlock b = right.block();
  const Index columns = common_columns({a.cols(), b.cols()});
  if (a.cols() == b.cols()) return {left.shape(), sign == 1 ? Matrix(a + b) : Matrix(a - b)};
  Matrix sum = Matrix::Zero(a.rows(), columns);
  sum.leftCols(a.cols()) = a;
  sum.leftCols(b.cols()) += sign * b;
  return {left.shape(), std::move(sum)};
}

}  // namespace ad
}  // namespace unroll
