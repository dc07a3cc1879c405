#pragma once

#include "unroll/theory/polynomial_maxima.hpp"
#include "unroll/theory/spectral_terms.hpp"

/// Worst-case bounds of the Jacobian's error at every t, unrolled and corrected: the method's part
/// (PolynomialMaxima on an interval that holds the spectrum of H) times the problem's and the start's
/// (StartNorms).
namespace unroll {

/// What of the problem and of the start the bounds depend on.
struct StartNorms {
  double gap;           // ‖x_0 − x*‖
  double jacobian_gap;  // ‖∂x_0 − ∂x*‖_F
  double forcing;       // ‖(∂_iH (x_0 − x*))_i‖_F
  double total_derivative;  // G_0 = ‖d/dθ ∇f(x_0(θ), θ)‖_F = ‖H(∂x_0 − ∂x*) + (∂_iH (x_0 − x*))_i‖_F
  double hessian_frobenius;  // (Σ_i ‖∂_iH‖_F²)^{1/2}
  double hessian_spectral;   // (Σ_i ‖∂_iH‖₂²)^{1/2}
  double mixed_lipschitz;  // λ_max(Σ_i (∂_iH)²)^{1/2}: ‖M(x) − M(x')‖_F ≤ mixed_lipschitz ‖x − x'‖
  double solution;  // ‖∂x*‖_F
};
/// The norms of a problem and a start, from its spectral terms.
StartNorms start_norms(const SpectralTerms& terms);

/// Where every ∂_iH commutes with H, ‖∂x_t − ∂x*‖_F is at most
///   max|P_t − λP'_t| ‖∂x_0 − ∂x*‖_F + max|P'_t| G_0      (Scieur et al. 2022, theorem 2 for gradient
///   descent)
/// and at most max|P_t| ‖∂x_0 − ∂x*‖_F + max|P'_t| ‖(∂_iH (x_0 − x*))_i‖_F; this is the smaller of the two.
double commuting_bound(const PolynomialMaxima& maxima, const StartNorms& start);

/// In any case, commuting or not, ‖∂x_t − ∂x*‖_F is at most
///   max|P_t| ‖∂x_0 − ∂x*‖_F + ‖x_0 − x*‖ min(c (Σ_i‖∂_iH‖₂²)^{1/2}, max|P'_t| (Σ_i‖∂_iH‖_F²)^{1/2}),
/// c = matrix_derivative. The second entry needs nothing but |P_t[λ, μ]| ≤ max|P'_t|, so it holds for every
/// method.
double general_bound(const PolynomialMaxima& maxima, const StartNorms& start);

/// In any case, commuting or not, the corrected Jacobian's ‖J_t − ∂x*‖_F (see CorrectedForm) is at most
///   max|P_t| (‖∂x*‖_F + max|Q_t| λ_max(Σ_i(∂_iH)²)^{1/2} ‖x_0 − x*‖).
/// As |Q_t| ≤ (1 + max|P_t|)/ℓ, it converges like the iterates, max|P_t| times a constant, where the unrolled
/// Jacobian has max|P'_t|: t times more for gradient descent, t² for the others.
double corrected_general_bound(const PolynomialMaxima& maxima, const StartNorms& start);

/// Where every ∂_iH commutes with H it is at most
///   max|P_t| ‖∂x*‖_F + max|P_tQ_t| ‖(∂_iH (x_0 − x*))_i‖_F.
/// At ℓ, where P_t of the methods here falls from 1 to 0, P_t = p makes this p(1 + c(1 − p)) ‖∂x*‖_F with c =
/// ‖(∂_iH (x_0 − x*))_i‖_F/(ℓ‖∂x*‖_F): no burn-in for c ≤ 1, else a peak of (1 + c)²/(4c) where p = (1 +
/// c)/(2c).
double corrected_commuting_bound(const PolynomialMaxima& maxima, const StartNorms& start);

}  // namespace unroll
