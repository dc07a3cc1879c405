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
/// A least-squares problem over P = 1 + Σ c_k R_k, R_k(0) = 0. The R_k are made orthogonal in the error
/// that they cause as they are made, by Arnoldi's process with multiplication by λ, and carry their values
/// along (Brubeck, Nakatsukasa & Trefethen 2021, "Vandermonde with Arnoldi"): no matrix of powers, no normal
/// equations. Step t costs O(t n) in the commuting case with one parameter, O(t n²) and O(n²p) in general,
/// and t blocks are kept.
class InstanceOptimal {
 public:
  /// Starts at t = 0, P = 1.
  explicit InstanceOptimal(SpectralTerms terms, Formula formula = Formula::automatic);

  /// From degree t to t + 1.
  void advance();
  Index degree() const { return degree_; }
  /// The least ‖∂x_t − ∂x*‖_F.
  double error() const { return residual_.norm(); }
  /// The optimal polynomial's P(λ_j), n.
  Vector polynomial() const;

 private:
  /// A polynomial with R(0) = 0, and the error that it causes.
  struct Direction {
    Vector block;  // n·2 or n·(1+n), a block column by column
    Vector error;  // n·p
  };
  Matrix unstacked(const Vector& block) const;
  Direction candidate() const;
  void orthogonalise(Direction& direction) const;

  SpectralTerms terms_;
  Index columns_;    // of a block
  Vector optimal_;   // the block of P, column by column
  Vector residual_;  // its error, n·p
  Matrix blocks_;    // one orthogonalised direction a column
  Matrix errors_;    // their errors, orthonormal columns
  Index kept_ = 0;   // columns in use of the two
  Vector last_;      // the block of the last direction, kept or not
  Index degree_ = 0;
};

}  // namespace unroll
