#pragma once

#include "unroll/types.hpp"

namespace unroll {

/// The measure for which the Sobolev-optimal method is optimal. It minimises ∫P² dμ + η ∫P'² dμ over
/// polynomials P of degree t with P(0) = 1, for the Gegenbauer weight dμ ∝ ((L − λ)(λ − ℓ))^{α − 1/2} dλ on
/// [ℓ, L].
struct SobolevMeasure {
  static constexpr double largest_alpha = 1e6;  // where the weight is all but a point mass at the centre
  double alpha = 0.5;                           // 0 < α ≤ largest_alpha
  double eta = 0;                               // ≥ 0, in units of λ²
  double smallest_eigenvalue;                   // ℓ > 0
  double largest_eigenvalue;                    // L ≥ ℓ

  /// @throws DomainError, naming the option, unless the ranges above hold.
  void check() const;
};

/// The scalars of one step n → n + 1, n = 0, 1, …, of the Sobolev-optimal method. With p̂_n the Gegenbauer
/// iterate, ŝ_n the Sobolev iterate (both x_0 at n = 0) and x_n their average, the method:
///   p̂_{n+1} = gegenbauer p̂_n + (1 − gegenbauer) p̂_{n−1} + gradient ∇f(p̂_n)
///   ŝ_{n+1} = (p̂_{n+1} − coherence p̂_{n−1} − sobolev ŝ_{n−1}) / (1 − coherence − sobolev)
///   x_{n+1} = x_n + average (ŝ_{n+1} − x_n)
struct SobolevCoefficients {
  double gegenbauer;  // of p̂_n, ≥ 1
  double gradient;    // of ∇f(p̂_n), in units of 1/λ, negative
  double coherence;   // of p̂_{n−1} in ŝ_{n+1}
  double sobolev;     // of ŝ_{n−1} in ŝ_{n+1}
  double average;     // of ŝ_{n+1} in x_{n+1}, in (0, 1]
};

/// The coefficients of n = 0, 1, … in order, in ratios that stay bounded for every n. Where L − ℓ ≤ 1e-14 L
/// they make the method the step 1/L. Source: coherent pairs, Iserles, Koch, Nørsett & Sanz-Serna 1991;
/// Scieur et al. 2022, section 4.
class SobolevSchedule {
 public:
  /// @throws DomainError as SobolevMeasure::check.
  explicit SobolevSchedule(const SobolevMeasure& measure);
  /// Those of the next n.
  SobolevCoefficients next();

 private:
  double largest_eigenvalue_;      // L
  double alpha_, half_width_ = 0;  // α; r = (L − ℓ)/2, 0 where [ℓ, L] is a point
  double zero_ = 0, e_ = 0;        // z_0, where λ = 0; e = η/r²
  Index n_ = 0;
  // With p_n, S_n the monic Gegenbauer and Sobolev polynomials in z = (λ − (L + ℓ)/2)/r, at n and at n − 1:
  double r_ = 0;                           // p_n(z_0)/p_{n−1}(z_0)
  double rho_ = 1, rho_previous_ = 1;      // S_n(z_0)/p_n(z_0)
  double sigma_ = 1, sigma_previous_ = 1;  // ‖S_n‖²/‖p_n‖²
  double k_ = 1;                           // Σ_{i≤n} (S_i(z_0)/‖S_i‖)² / (S_n(z_0)/‖S_n‖)²
};

}  // namespace unroll
