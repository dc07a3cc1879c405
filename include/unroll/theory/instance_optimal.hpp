#pragma once

#include "unroll/theory/closed_form.hpp"

namespace unroll {

/// The least error ‖∂x_t − ∂x*‖_F that any polynomial of degree t with P(0) = 1 gives on one instance, for
/// t = 0, 1, …: a lower bound for every first-order method with frozen coefficients, chosen with knowledge of
/// the whole instance, so no method attains it at every t. With H = VΛVᵀ, δ = Vᵀ(∂x_0 − ∂x*) and
/// w = Vᵀ∂H(x_0 − x*) it is, where ∂H commutes with H,
///   min_P ‖(δ_j P(λ_j) + w_j P'(λ_j))_j‖,
/// and by divided differences where it does not (see SpectralTerms::error). It never grows, and is 0 from
/// about the n-th step on for one parameter, at the latest from the 2n-th in the commuting case.
///
/// A least-squares problem over P = 1 + Σ_k c_k λ T_k(z), z = (2λ − L − ℓ)/(L − ℓ): Chebyshev's polynomials
/// on [ℓ, L] are of one size and far from each other, where powers of λ are neither. The errors that they
/// cause are made orthonormal one by one, which gives the minimum of every degree; no normal equations are
/// formed. The result is the minimum to rounding while the best c are below 1e12 or so. Beyond, for a wide
/// spectrum from about the (n/2)-th step on, it is still a lower bound for every polynomial with such c,
/// hence for every method that can be run in double precision, but may differ from the minimum over all
/// polynomials. Step t costs O(t n p), and O(n² p) more in the general case.
class InstanceOptimal {
 public:
  /// Starts at t = 0, P = 1.
  explicit InstanceOptimal(SpectralTerms terms, Formula formula = Formula::automatic);

  /// From degree t to t + 1.
  void advance();
  /// t.
  Index degree() const { return degree_; }
  /// The least ‖∂x_t − ∂x*‖_F.
  double error() const;

 private:
  Matrix next_multiple() const;
  /// What of an error is not in the span of the directions; empty if that is rounding.
  Vector orthogonal_part(const Vector& error) const;

  SpectralTerms terms_;
  Matrix block_, previous_;  // of λT_k and λT_{k−1}; of 1 before the first
  Vector residual_;          // the error of the best P, n·p
  Matrix directions_;        // n·p × at most n·p, orthonormal columns, the first rank_ in use
  Index rank_ = 0, degree_ = 0;
};

}  // namespace unroll
