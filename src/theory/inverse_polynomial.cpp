#include "unroll/theory/inverse_polynomial.hpp"

#include "unroll/theory/polynomial_block.hpp"

namespace unroll {
namespace {

/// The block of λp from that of p: the differences −p[λ, 0] become λ(−p[λ, 0]) − p(0), by the product rule.
Matrix times_lambda(const Vector& points, const Matrix& block) {
  Matrix product = points.asDiagonal() * block;
  product.col(1).array() -= block(block.rows() - 1, 0);
  return product;
}

}  // namespace

InversePolynomial::InversePolynomial(Recurrence recurrence, Vector eigenvalues)
    : recurrence_(std::move(recurrence)), points_(eigenvalues.size() + 1), block_(eigenvalues.size() + 1, 2) {
  points_ << eigenvalues, 0;
  block_ << first_block(eigenvalues, 2), 1, 0;
}

Eigen::Ref<const Vector> InversePolynomial::value() const { return block_.col(1).head(block_.rows() - 1); }

Eigen::Ref<const Vector> InversePolynomial::residual() const { return block_.col(0).head(block_.rows() - 1); }

void InversePolynomial::advance() {
  recurrence_(block_, [this](const Matrix& q) { return times_lambda(points_, q); });
  ++step_;
}

}  // namespace unroll
