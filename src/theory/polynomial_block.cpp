#include "unroll/theory/polynomial_block.hpp"

#include <fmt/core.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll {

Matrix first_block(const Vector& eigenvalues, Index columns) {
  if (eigenvalues.size() == 0) throw ShapeError("residual polynomial: there is no eigenvalue");
  for (Index j = 0; j < eigenvalues.size(); ++j) {
    if (!std::isfinite(eigenvalues[j])) {
      throw DomainError(
          fmt::format("residual polynomial: eigenvalue {} is {}, it must be finite", j, eigenvalues[j]));
    }
  }
  Matrix block = Matrix::Zero(eigenvalues.size(), columns);
  block.col(0).setOnes();
  return block;
}

Matrix multiply_by_lambda(const Vector& eigenvalues, const Matrix& block) {
  Matrix product = eigenvalues.asDiagonal() * block;
  if (block.cols() == 2) {
    product.col(1) += block.col(0);
  } else {
    product.rightCols(block.rows()).rowwise() += block.col(0).transpose();
  }
  return product;
}

}  // namespace unroll
