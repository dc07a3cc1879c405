#include "unroll/theory/residual_polynomial.hpp"

#include "unroll/theory/polynomial_block.hpp"

namespace unroll {

ResidualPolynomial::ResidualPolynomial(Recurrence recurrence, Vector eigenvalues)
    : recurrence_(std::move(recurrence)),
      eigenvalues_(std::move(eigenvalues)),
      block_(first_block(eigenvalues_, 2)) {}

void ResidualPolynomial::advance() {
  recurrence_(block_, [this](const Matrix& q) { return multiply_by_lambda(eigenvalues_, q); });
  ++degree_;
}

DividedDifferences::DividedDifferences(Recurrence recurrence, Vector eigenvalues)
    : recurrence_(std::move(recurrence)),
      eigenvalues_(std::move(eigenvalues)),
      block_(first_block(eigenvalues_, 1 + eigenvalues_.size())) {}

void DividedDifferences::advance() {
  recurrence_(block_, [this](const Matrix& q) { return multiply_by_lambda(eigenvalues_, q); });
  ++degree_;
}

}  // namespace unroll
