#pragma once

#include <optional>
#include <vector>

#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/bounds.hpp"

/// The burn-in of an unrolled derivative: while P_t decays from the start, the term with P'_t first grows.
namespace unroll {

/// The burn-in of a sequence of errors e_0, e_1, …, measured or predicted.
struct BurnIn {
  Index peak = 0;                 // the first t where e_t is largest
  double height = 1;              // e_peak/e_0
  std::optional<Index> end = {};  // the first t from which on e_t ≤ e_0; none if the last one is above

  /// Whether the errors grow by more than 1 % at all.
  bool exists() const { return height > 1.01; }
};

/// @throws DomainError if there are no errors, the first is 0, or one is not finite.
BurnIn burn_in(const std::vector<double>& errors);

/// The first t from which on e_t ≤ level; none if the last one is above, or there are no errors.
std::optional<Index> settled(const std::vector<double>& errors, double level);

/// What theory says of the burn-in of one method on one problem from one start, before any run.
struct BurnInPrediction {
  BurnIn worst_case;  // of the bound: from [ℓ, L] and the norms of the start
  BurnIn instance;    // of the closed form: from the eigenvalues and the start's weight on each eigenvector

  /// Whether this start is near enough to the worst one for the worst case to predict: the peaks within 20 %
  /// or a step of each other, and the heights within 2×. It is not where the start has little weight on the
  /// eigenvalues for which |P'_t| is large, the two ends of the spectrum, or where ‖∂H(x_0 − x*)‖ is so small
  /// that nothing grows.
  bool worst_case_applies() const;
};

/// Follows the two curves for t = 0 … steps; [ℓ, L] are the ends of the spectrum in `terms`. The bound is
/// commuting_bound where it may be used, else general_bound. `terms` may be those of a local model.
/// @throws DomainError as burn_in, and what maxima_history throws.
BurnInPrediction predict_burn_in(const std::vector<PolynomialMaxima>& maxima, Recurrence recurrence,
                                 const SpectralTerms& terms);
/// The same for a method and its own maxima, t = 0 … steps.
template <PolynomialMethod M>
BurnInPrediction predict_burn_in(const M& method, const SpectralTerms& terms, Index steps) {
  return predict_burn_in(
      maxima_history(method, terms.eigenvalues.minCoeff(), terms.eigenvalues.maxCoeff(), steps),
      residual_recurrence(method), terms);
}

/// The same of the corrected Jacobian (see CorrectedForm): the curves are its bound,
/// corrected_commuting_bound where it may be used, else corrected_general_bound, and its closed form; both
/// start at ‖∂x*‖_F.
BurnInPrediction predict_corrected_burn_in(const std::vector<PolynomialMaxima>& maxima, Recurrence recurrence,
                                           const SpectralTerms& terms);
/// The same for a method and its own maxima, t = 0 … steps.
template <PolynomialMethod M>
BurnInPrediction predict_corrected_burn_in(const M& method, const SpectralTerms& terms, Index steps) {
  return predict_corrected_burn_in(
      maxima_history(method, terms.eigenvalues.minCoeff(), terms.eigenvalues.maxCoeff(), steps),
      residual_recurrence(method), terms);
}

/// The bound of the corrected Jacobian's ‖J_t − ∂x*‖_F at t = 0, 1, …; `settled` tells from it how many steps
/// are enough in the worst case over starts of these norms.
std::vector<double> corrected_bounds(const std::vector<PolynomialMaxima>& maxima, const StartNorms& start,
                                     bool commuting);

/// `predicted_peak` is argmax_t max |P'_t(λ)| over λ in [ℓ, L], at least 1, to about one step: where the
/// Jacobian's error peaks when the start point has weight over the whole spectrum. All throw DomainError as
/// check_spectrum.

/// 1/ln(1/ρ), ρ = max(|1 − hℓ|, |1 − hL|), as P'_t = −h t (1 − hλ)^{t−1}; infinite for ρ ≥ 1, where P'_t
/// never decays.
double predicted_peak(const GradientDescent& method, double smallest_eigenvalue, double largest_eigenvalue);

/// 3/ln(1/√m) ≈ 1.5 √κ. Holds for Polyak's optimal coefficients only. @throws DomainError for others.
double predicted_peak(const HeavyBall& method, double smallest_eigenvalue, double largest_eigenvalue);

/// √6/ln(1/(1 − κ^{−1/2})) ≈ 2.45 √κ. Holds for Nesterov::optimal only. @throws DomainError for others.
double predicted_peak(const Nesterov& method, double smallest_eigenvalue, double largest_eigenvalue);

/// 2.0653/arccosh((κ+1)/(κ−1)) ≈ 1.03 √κ; 2.0653 is the root of s·tanh s = 2. @throws DomainError unless the
/// method's own interval is [ℓ, L].
double predicted_peak(const Chebyshev& method, double smallest_eigenvalue, double largest_eigenvalue);

/// `predicted_corrected_peak` is argmax_t max |P_tQ_t| over [ℓ, L], where P_t(ℓ) is 1/2, at least 1, to about
/// one step for κ ≥ 8: where the corrected Jacobian's error peaks when x_0 is far and every ∂_iH commutes
/// with H. All throw DomainError as predicted_peak.

/// ln 2/ln(1/(1 − hℓ)), a third sooner than the unrolled Jacobian's; infinite where that is. Holds for hL < 2
/// and hℓ < 1.
double predicted_corrected_peak(const GradientDescent& method, double smallest_eigenvalue,
                                double largest_eigenvalue);

/// 1.6783/ln(1/√m) ≈ 0.84 √κ, as P_t(ℓ) is about (1 + s)e^{−s} with s = t ln(1/√m), which is 1/2 at s =
/// 1.6783.
double predicted_corrected_peak(const HeavyBall& method, double smallest_eigenvalue,
                                double largest_eigenvalue);

/// 1.6783/ln(1/(1 − κ^{−1/2})) ≈ 1.68 √κ, likewise.
double predicted_corrected_peak(const Nesterov& method, double smallest_eigenvalue,
                                double largest_eigenvalue);

/// 1.3170/arccosh((κ+1)/(κ−1)) ≈ 0.66 √κ; 1.3170 is arccosh 2.
double predicted_corrected_peak(const Chebyshev& method, double smallest_eigenvalue,
                                double largest_eigenvalue);

}  // namespace unroll
