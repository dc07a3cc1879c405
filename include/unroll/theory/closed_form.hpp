#pragma once

#include "unroll/theory/recurrence.hpp"
#include "unroll/theory/spectral_terms.hpp"

namespace unroll {

/// Which formula ClosedForm uses.
enum class Formula {
  automatic,  // commuting if every ∂_iH commutes with H to rounding, else general
  commuting,  // wrong where some ∂_iH does not commute with H; for showing how wrong
  general,
};

/// The derivative ∂x_t(θ) of a first-order method's iterates on a quadratic f = ½ xᵀH(θ)x + b(θ)ᵀx, without
/// unrolling:
///   ∂_i x_t = ∂_i x* + P_t(H)(∂_i x_0 − ∂_i x*) + DP_t(H)[∂_iH] (x_0 − x*),
/// P_t the residual polynomial and, with H = VΛVᵀ, DP_t(H)[E] = V (P_t[λ_j,λ_k] ∘ VᵀEV) Vᵀ (Daleckii & Krein;
/// Higham 2008, 3.2). Where ∂_iH commutes with H this is DP_t(H)[E] = P'_t(H) E, the master identity of
/// Scieur et al. 2022, theorem 1:
///   ∂x_t − ∂x* = (P_t(H) − P'_t(H)H)(∂x_0 − ∂x*) + P'_t(H) d/dθ ∇f(x_0(θ), θ),
/// evaluated with d/dθ ∇f(x_0(θ), θ) − H(∂x_0 − ∂x*) = (∂_iH (x_0 − x*))_i, which cancels less.
/// The method's coefficients are frozen with respect to θ. H is diagonalised once; then `advance`
/// costs O(n) in the commuting and O(n²) in the general case, and a Jacobian O(n²p).
class ClosedForm {
 public:
  /// Starts at t = 0.
  /// @throws ShapeError, naming the sizes, if x0, theta or dx0 do not fit the problem, DomainError if one of
  /// them is not finite or theta is outside the problem's domain, NumericalError if H(θ) is not positive
  /// definite, and what the method's check() throws.
  template <PolynomialMethod M>
  ClosedForm(const QuadraticProblem& problem, const M& method,
             const Vector& x0,        // n
             const Vector& theta,     // p
             const Matrix& dx0 = {},  // n×p, ∂x_0(θ); empty: 0
             Formula formula = Formula::automatic)
      : ClosedForm(problem, residual_recurrence(method), x0, theta, dx0, formula) {}
  /// The same for a recurrence, derived or probed.
  ClosedForm(const QuadraticProblem& problem, Recurrence recurrence, const Vector& x0, const Vector& theta,
             const Matrix& dx0 = {}, Formula formula = Formula::automatic)
      : ClosedForm(spectral_terms(problem, x0, theta, dx0), std::move(recurrence), formula) {}
  /// The same for spectral terms, also those of a local model.
  ClosedForm(SpectralTerms terms, Recurrence recurrence, Formula formula = Formula::automatic);

  /// From t to t + 1.
  void advance();
  Index step() const { return step_; }  // t
  /// x_t, n.
  Vector x() const;
  /// ∂x_t(θ), n×p.
  Matrix jacobian() const;
  /// ‖∂x_t − ∂x*‖_F, in O(n²p), O(np) in the commuting case.
  double error() const;

  /// x*(θ) = −H⁻¹b, n.
  const Vector& minimiser() const { return terms_.minimiser; }
  /// ∂x*(θ), ∂_i x* = −H⁻¹(∂_iH x* + ∂_i b), n×p.
  const Matrix& minimiser_jacobian() const { return terms_.minimiser_jacobian; }
  /// The eigenvalues of H(θ), ascending, n.
  const Vector& eigenvalues() const { return terms_.eigenvalues; }
  /// The largest of the commutators of ∂_iH and H: it says whether the commuting formula may be used.
  double commutator() const { return terms_.commutator; }
  /// Whether the commuting formula is in use.
  bool commuting() const { return commuting_; }

 private:
  SpectralTerms terms_;
  Recurrence recurrence_;
  bool commuting_;
  Matrix block_;  // of P_t
  Index step_ = 0;
};

/// The number of columns of a block for which SpectralTerms::error is the formula's.
Index block_columns(const SpectralTerms& terms, Formula formula);

}  // namespace unroll
