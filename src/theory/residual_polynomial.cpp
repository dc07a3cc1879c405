#include "unroll/theory/residual_polynomial.hpp"

#include <fmt/core.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll {
namespace {

/// [P_0 | 0 … 0] with P_0 = 1.
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

}  // namespace

ResidualPolynomial::ResidualPolynomial(Recurrence recurrence, Vector eigenvalues)
    : recurrence_(std::move(recurrence)),
      eigenvalues_(std::move(eigenvalues)),
      block_(first_block(eigenvalues_, 2)) {}

void ResidualPolynomial::advance() {
  recurrence_(block_, [this](const Matrix& q) {
    Matrix product = eigenvalues_.asDiagonal() * q;  // λP, λP' + P
    product.col(1) += q.col(0);
    return product;
  });
  ++degree_;
}

DividedDifferences::DividedDifferences(Recurrence recurrence, Vector eigenvalues)
    : recurrence_(std::move(recurrence)),
      eigenvalues_(std::move(eigenvalues)),
      block_(first_block(eigenvalues_, 1 + eigenvalues_.size())) {}

void DividedDifferences::advance() {
  recurrence_(block_, [this](const Matrix& q) {
    Matrix product = eigenvalues_.asDiagonal() * q;  // λP, λP[λ,μ] + P(μ)
    product.rightCols(q.rows()).rowwise() += q.col(0).transpose();
    return product;
  });
  ++degree_;
}

}  // namespace unroll
