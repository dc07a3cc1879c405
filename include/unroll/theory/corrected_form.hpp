#pragma once

#include "unroll/theory/inverse_polynomial.hpp"
#include "unroll/theory/spectral_terms.hpp"

namespace unroll {

/// The *corrected* Jacobian of a first-order method's iterates on a quadratic f = ½ xᵀH(θ)x + b(θ)ᵀx, without
/// a sweep. In the sweep back from a cotangent w at x_t the gradients of the steps receive cotangents that
/// add up to −λ; unrolling multiplies each with the mixed derivative where it was taken, the correction
/// multiplies their sum with the one at the end, −M(x_t)ᵀλ. On a quadratic λ = Q_t(H)w, Q_t as
/// InversePolynomial has it, so that
///   J_t = −Q_t(H) M(x_t),  M(x) = (∂_iH x + ∂_ib)_i,
///   J_t − ∂x* = −P_t(H) ∂x* − Q_t(H) (∂_iH P_t(H)(x_0 − x*))_i,
/// whether or not ∂_iH commutes with H. There is no P'_t in it: see bounds.hpp. J_0 = 0, and ∂x_0 does not
/// enter, so it is an estimate of ∂x*, and none of ∂x_t.
///
/// Against the Sobolev method unrolled: corrected, Chebyshev's method is within 1 % sooner, and both have one
/// rate. Before that, from a start so far that c = ‖(∂_iH(x_0 − x*))_i‖/(ℓ‖∂x*‖) is in the hundreds, the
/// corrected error can rise to c/4 (see corrected_commuting_bound) where Sobolev's stays near 1: for
/// a run that must end early, unrolling the Sobolev method is still the better way. H is diagonalised once;
/// then `advance` costs O(n), and a Jacobian O(n²p).
class CorrectedForm {
 public:
  /// Starts at t = 0. @throws as ClosedForm.
  template <PolynomialMethod M>
  CorrectedForm(const QuadraticProblem& problem, const M& method,
                const Vector& x0,     // n
                const Vector& theta)  // p
      : CorrectedForm(problem, residual_recurrence(method), x0, theta) {}
  /// The same for a recurrence, derived or probed.
  CorrectedForm(const QuadraticProblem& problem, Recurrence recurrence, const Vector& x0, const Vector& theta)
      : CorrectedForm(spectral_terms(problem, x0, theta), std::move(recurrence)) {}
  /// The same for spectral terms. With those of a local model it holds near x*: with d = ‖x_0 − x*‖ it errs
  /// by O(d)·‖∂x*‖ + O(d²), as ClosedForm does.
  CorrectedForm(SpectralTerms terms, Recurrence recurrence);

  /// From t to t + 1.
  void advance() { polynomial_.advance(); }
  Index step() const { return polynomial_.step(); }  // t
  /// J_t, n×p.
  Matrix jacobian() const;
  /// ‖J_t − ∂x*‖_F, without the cancellation of that difference.
  double error() const;

  /// ∂x*(θ), n×p.
  const Matrix& minimiser_jacobian() const { return terms_.minimiser_jacobian; }

 private:
  /// Vᵀ(M(x_t) − M(x*)), n×p.
  Matrix drift() const;

  SpectralTerms terms_;
  Matrix solution_;  // Vᵀ∂x*, n×p
  InversePolynomial polynomial_;
};

}  // namespace unroll
