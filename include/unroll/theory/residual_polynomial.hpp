#pragma once

#include "unroll/theory/recurrence.hpp"

namespace unroll {

/// P_t and P'_t of a method at given points, for t = 0, 1, … Each `advance` costs O(n) and evaluates the
/// method's coefficients once. (Scieur et al. 2022, section 2.)
class ResidualPolynomial {
 public:
  /// Starts at P_0 = 1, P'_0 = 0. @throws ShapeError if there is no eigenvalue, DomainError if one is not
  /// finite, and what the method's check() throws.
  template <PolynomialMethod M>
  ResidualPolynomial(const M& method,
                     Vector eigenvalues)  // n: λ_j
      : ResidualPolynomial(residual_recurrence(method), std::move(eigenvalues)) {}
  /// The same for a recurrence, derived or probed.
  ResidualPolynomial(Recurrence recurrence, Vector eigenvalues);

  /// From P_t to P_{t+1}.
  void advance();
  /// t.
  Index degree() const { return degree_; }
  /// The λ_j at which it is evaluated, n.
  const Vector& eigenvalues() const { return eigenvalues_; }
  /// P_t(λ_j), n.
  Eigen::Ref<const Vector> value() const { return block_.col(0); }
  /// P'_t(λ_j), n.
  Eigen::Ref<const Vector> derivative() const { return block_.col(1); }

 private:
  Recurrence recurrence_;
  Vector eigenvalues_;  // n
  Matrix block_;        // n×2: [P | P']
  Index degree_ = 0;
};

/// P_t and its divided differences P_t[λ_j, λ_k] = (P_t(λ_j) − P_t(λ_k))/(λ_j − λ_k), P'_t(λ_j) where λ_j =
/// λ_k: the derivative of the matrix function P_t(H) in H's eigenbasis (Daleckii & Krein; Higham 2008, 3.2).
/// By recurrence, never as a quotient, which cancels. Each `advance` costs O(n²).
class DividedDifferences {
 public:
  /// Starts at P_0 = 1, P_0[·,·] = 0. @throws as ResidualPolynomial.
  template <PolynomialMethod M>
  DividedDifferences(const M& method,
                     Vector eigenvalues)  // n: λ_j
      : DividedDifferences(residual_recurrence(method), std::move(eigenvalues)) {}
  /// The same for a recurrence, derived or probed.
  DividedDifferences(Recurrence recurrence, Vector eigenvalues);

  /// From P_t to P_{t+1}.
  void advance();
  /// t.
  Index degree() const { return degree_; }
  /// The λ_j at which it is evaluated, n.
  const Vector& eigenvalues() const { return eigenvalues_; }
  /// P_t[λ_j, λ_k], n×n; its diagonal is P'_t.
  Eigen::Ref<const Matrix> value() const { return block_.rightCols(block_.rows()); }
  /// P_t(λ_j), n.
  Eigen::Ref<const Vector> polynomial() const { return block_.col(0); }

 private:
  Recurrence recurrence_;
  Vector eigenvalues_;  // n
  Matrix block_;        // n×(1+n): [P | P[λ_j,λ_k]]
  Index degree_ = 0;
};

}  // namespace unroll
