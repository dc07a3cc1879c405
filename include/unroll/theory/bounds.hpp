#pragma once

#include "unroll/theory/polynomial_maxima.hpp"
#include "unroll/theory/spectral_terms.hpp"

/// Worst-case bounds of the Jacobian's error at every t: the method's part (PolynomialMaxima on an interval
/// that holds the spectrum of H) times the problem's and the start's (StartNorms).
namespace unroll {

/// What of the problem and of the start the bounds depend on.
struct StartNorms {
  double gap;           // ‖x_0 − x*‖
  double jacobian_gap;  // ‖∂x_0 − ∂x*‖_F
  double forcing;       // ‖(∂_iH (x_0 − x*))_i‖_F
  double total_derivative;  // G_0 = ‖d/dθ ∇f(x_0(θ), θ)‖_F = ‖H(∂x_0 − ∂x*) + (∂_iH (x_0 − x*))_i‖_F
  double hessian_frobenius;  // (Σ_i ‖∂_iH‖_F²)^{1/2}
  double hessian_spectral;   // (Σ_i ‖∂_iH‖₂²)^{1/2}
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

}  // namespace unroll
