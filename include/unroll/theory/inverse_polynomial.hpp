#pragma once

#include "unroll/theory/recurrence.hpp"

namespace unroll {

/// What a method makes of H⁻¹: with P_t its residual polynomial, Q_t(λ) = (1 − P_t(λ))/λ, of degree t − 1. On
/// a quadratic x_t = x_0 − Q_t(H)∇f(x_0), and the adjoints of a sweep back from w, which run the same method,
/// add up to Q_t(H)w (see CorrectedForm). Q_t(λ) is the divided difference −P_t[λ, 0], and by its recurrence
/// it has all its digits where P_t is near 1 and the quotient would have none. Each `advance` costs O(n).
class InversePolynomial {
 public:
  /// Starts at P_0 = 1, Q_0 = 0. @throws as ResidualPolynomial.
  template <PolynomialMethod M>
  InversePolynomial(const M& method,
                    Vector eigenvalues)  // n: λ_j
      : InversePolynomial(residual_recurrence(method), std::move(eigenvalues)) {}
  /// The same for a recurrence, derived or probed.
  InversePolynomial(Recurrence recurrence, Vector eigenvalues);

  /// From t to t + 1.
  void advance();
  Index step() const { return step_; }  // t
  /// Q_t(λ_j), n.
  Eigen::Ref<const Vector> value() const;
  /// P_t(λ_j), n.
  Eigen::Ref<const Vector> residual() const;

 private:
  Recurrence recurrence_;
  Vector points_;  // n+1: the λ_j, and 0
  Matrix block_;   // (n+1)×2: [P | −P[·, 0]]
  Index step_ = 0;
};

}  // namespace unroll
