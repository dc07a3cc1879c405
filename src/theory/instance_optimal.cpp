#include "unroll/theory/instance_optimal.hpp"

#include <algorithm>

#include "unroll/theory/polynomial_block.hpp"

namespace unroll {

InstanceOptimal::InstanceOptimal(SpectralTerms terms, Formula formula)
    : terms_(std::move(terms)),
      columns_(block_columns(terms_, formula)),
      optimal_(first_block(terms_.eigenvalues, columns_).reshaped()),
      residual_(terms_.error(unstacked(optimal_)).reshaped()),
      last_(optimal_) {}

Matrix InstanceOptimal::unstacked(const Vector& block) const {
  return block.reshaped(terms_.eigenvalues.size(), columns_);
}

/// λ, then multiples of the last direction by λ, moved and scaled to [−1, 1] where they are more independent.
InstanceOptimal::Direction InstanceOptimal::candidate() const {
  Matrix product = multiply_by_lambda(terms_.eigenvalues, unstacked(last_));
  const double l = terms_.eigenvalues[0], L = terms_.eigenvalues[terms_.eigenvalues.size() - 1];
  if (degree_ > 0) product -= (L + l) / 2 * unstacked(last_);
  product /= degree_ > 0 && L > l ? (L - l) / 2 : L;
  return {product.reshaped(), terms_.error(product).reshaped()};
}

/// Against all kept directions, twice, which is enough (Giraud, Langou & Rozložník 2005).
void InstanceOptimal::orthogonalise(Direction& direction) const {
  for (int pass = 0; pass < 2; ++pass) {
    const Vector shares = errors_.leftCols(kept_).transpose() * direction.error;
    direction.error -= errors_.leftCols(kept_) * shares;
    direction.block -= blocks_.leftCols(kept_) * shares;
  }
}

void InstanceOptimal::advance() {
  constexpr double rounding = 1e-13;
  Direction direction = candidate();
  const double before = direction.error.norm();
  orthogonalise(direction);
  const double size = direction.error.norm();
  ++degree_;
  if (!(size > rounding * before)) {  // nothing new for the error; its multiples may be
    last_ = direction.block / std::max(direction.block.norm(), 1e-300);
    return;
  }
  direction.error /= size;
  direction.block /= size;
  if (kept_ == blocks_.cols()) {
    blocks_.conservativeResize(optimal_.size(), 2 * kept_ + 8);
    errors_.conservativeResize(residual_.size(), 2 * kept_ + 8);
  }
  blocks_.col(kept_) = direction.block;
  errors_.col(kept_) = direction.error;
  ++kept_;
  const double share = direction.error.dot(residual_);
  residual_ -= share * direction.error;
  optimal_ -= share * direction.block;
  last_ = std::move(direction.block);
}

Vector InstanceOptimal::polynomial() const { return optimal_.head(terms_.eigenvalues.size()); }

}  // namespace unroll
