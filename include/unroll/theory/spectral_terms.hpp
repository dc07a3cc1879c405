#pragma once

#include <vector>

#include "unroll/problem/quadratic.hpp"

/// The error of an unrolled Jacobian on a quadratic, in the eigenbasis of H: what of it depends on the
/// problem and the start, and not on the method. Problem → QuadraticModel → SpectralTerms → closed forms,
/// bounds, the instance-optimal curve.
namespace unroll {

/// A quadratic model of f around its minimiser, as θ moves: of a QuadraticProblem exact, of another one local
/// (theory/local_model.hpp).
struct QuadraticModel {
  Matrix hessian;                           // H, n×n
  std::vector<Matrix> hessian_derivatives;  // ∂_iH, n×n each; where H depends on x: d/dθ_i H(x*(θ), θ)
  Vector minimiser;                         // x*, n
  Matrix mixed;                             // M(x*) = ∂²f/∂x∂θ, n×p: −H ∂x*
};

/// The model that is the problem itself.
/// @throws ShapeError if theta or what the problem returns is of a wrong size, DomainError if theta is not
/// finite or outside the problem's domain, NumericalError if H(θ) is not positive definite.
QuadraticModel quadratic_model(const QuadraticProblem& problem, const Vector& theta);  // p

/// ‖[∂H, H]‖_F/(‖∂H‖_F ‖H‖_F) with [A, B] = AB − BA: 0 where they commute, at most √2. 0 if either matrix is
/// 0.
/// @throws ShapeError unless both are square and of one size.
double commutator(const Matrix& dH,  // n×n
                  const Matrix& H);  // n×n

/// With H = VΛVᵀ. See ClosedForm for the formulas.
struct SpectralTerms {
  Vector minimiser;                         // x*, n
  Matrix minimiser_jacobian;                // ∂x* = −H⁻¹M, n×p
  Vector eigenvalues;                       // λ, ascending, n
  Matrix eigenvectors;                      // V, n×n
  std::vector<Matrix> hessian_derivatives;  // Vᵀ ∂_iH V, n×n each
  Vector gap;                               // Vᵀ(x_0 − x*), n
  Matrix jacobian_gap;                      // δ = Vᵀ(∂x_0 − ∂x*), n×p
  Matrix forcing;                           // w = Vᵀ(∂_iH (x_0 − x*))_i, n×p
  double commutator;                        // the largest of ∂_iH and H

  /// Whether every ∂_iH commutes with H, to rounding.
  bool commuting() const { return commutator <= 1e-14; }
  /// Vᵀ(∂x_t − ∂x*), n×p, from the block of P_t (polynomial_block.hpp); linear in the block.
  Matrix error(const Matrix& block) const;  // n×2 (the commuting formula) or n×(1+n) (the general one)
};

/// @throws ShapeError, naming the sizes, or DomainError if x0 or dx0 does not fit the model or is not finite;
/// NumericalError if H is not positive definite.
SpectralTerms spectral_terms(const QuadraticModel& model,
                             const Vector& x0,         // n
                             const Matrix& dx0 = {});  // n×p, ∂x_0(θ); empty: 0
/// Those of quadratic_model(problem, theta). @throws as that and the one above.
SpectralTerms spectral_terms(const QuadraticProblem& problem, const Vector& x0, const Vector& theta,
                             const Matrix& dx0 = {});

}  // namespace unroll
