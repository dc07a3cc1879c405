#include "unroll/theory/instance_optimal.hpp"

#include <limits>
#include <utility>

#include "unroll/theory/polynomial_block.hpp"

namespace unroll {

InstanceOptimal::InstanceOptimal(SpectralTerms terms, Formula formula)
    : terms_(std::move(terms)), block_(first_block(terms_.eigenvalues, block_columns(terms_, formula))) {
  residual_ = terms_.error(block_).reshaped();
  directions_.resize(residual_.size(), 0);
}

/// 1, λ, zλ, and then λT_{k+1} = 2z λT_k − λT_{k−1}; each divided by L.
Matrix InstanceOptimal::next_multiple() const {
  const double l = terms_.eigenvalues[0], L = terms_.eigenvalues[terms_.eigenvalues.size() - 1];
  const Matrix product = multiply_by_lambda(terms_.eigenvalues, block_);
  if (degree_ == 0) return product / L;
  const Matrix z = (2 * product - (L + l) * block_) / (L > l ? L - l : L);
  return degree_ == 1 ? z : Matrix(2 * z - previous_);
}

Vector InstanceOptimal::orthogonal_part(const Vector& error) const {
  const double rounding = 16 * std::numeric_limits<double>::epsilon() * error.norm();
  const auto directions = directions_.leftCols(rank_);
  Vector rest = error;
  double before = 0;
  do {  // again where much fell away, as its rounding errors did not
    before = rest.norm();
    if (!(before > rounding)) return {};
    rest -= directions * (directions.transpose() * rest);
  } while (rest.norm() < 0.5 * before);
  return rest;
}

void InstanceOptimal::advance() {
  Matrix next = next_multiple();
  previous_ = std::exchange(block_, std::move(next));
  ++degree_;
  if (rank_ == residual_.size()) return;
  const Vector direction = orthogonal_part(terms_.error(block_).reshaped());
  if (direction.size() == 0) return;
  if (rank_ == directions_.cols()) directions_.conservativeResize(Eigen::NoChange, 2 * rank_ + 8);
  directions_.col(rank_) = direction.normalized();
  residual_ -= directions_.col(rank_).dot(residual_) * directions_.col(rank_);
  ++rank_;
}

double InstanceOptimal::error() const { return residual_.norm(); }

}  // namespace unroll
