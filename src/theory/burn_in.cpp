#include "unroll/theory/burn_in.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unroll/error.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/corrected_form.hpp"

namespace unroll {
namespace {

/// order/ln(1/rate), at least 1.
double peak(double order, double rate) {
  if (rate >= 1) return std::numeric_limits<double>::infinity();
  return std::max(1.0, order / -std::log(rate));
}

/// What the bound and the closed form say, t by t.
template <class Form>
BurnInPrediction predict(const std::vector<double>& bounds, Form form) {
  std::vector<double> errors;
  while (errors.size() < bounds.size()) {
    errors.push_back(form.error());
    form.advance();
  }
  return {burn_in(bounds), burn_in(errors)};
}

using Bound = double (*)(const PolynomialMaxima&, const StartNorms&);

std::vector<double> bounds_of(const std::vector<PolynomialMaxima>& maxima, const StartNorms& start,
                              Bound bound) {
  std::vector<double> bounds;
  for (const PolynomialMaxima& m : maxima) bounds.push_back(bound(m, start));
  return bounds;
}

void check_optimal(const MomentumCoefficients& given, const MomentumCoefficients& optimal,
                   const char* method) {
  const auto close = [](double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b) + 1e-12; };
  if (!close(given.step_size, optimal.step_size) || !close(given.momentum, optimal.momentum)) {
    throw DomainError(
        fmt::format("predicted_peak: {} has step size {} and momentum {}; the prediction holds for the "
                    "optimal ones, {} and {}",
                    method, given.step_size, given.momentum, optimal.step_size, optimal.momentum));
  }
}

/// How much P_t shrinks a step at either end of the spectrum, |1 − hℓ| and |1 − hL|.
std::pair<double, double> contractions(const GradientDescent& method, double l, double L) {
  check_spectrum(l, L, "predicted_peak");
  method.check();
  return {std::abs(1 - method.step_size * l), std::abs(1 - method.step_size * L)};
}

/// How much P_t shrinks a step in the long run, on the whole spectrum; for the optimal coefficients alone.
double contraction(const HeavyBall& method, double l, double L) {
  const HeavyBall optimal = HeavyBall::optimal(l, L);
  check_optimal(method.coefficients(1), optimal.coefficients(1), "heavy ball");
  return std::sqrt(optimal.momentum);
}
double contraction(const Nesterov& method, double l, double L) {
  check_optimal(method.coefficients(1), Nesterov::optimal(l, L).coefficients(1), "nesterov");
  return 1 - std::sqrt(l / L);
}
double contraction(const Chebyshev& method, double l, double L) {
  check_spectrum(l, L, "predicted_peak");
  check_optimal(method.coefficients(1), Chebyshev{l, L}.coefficients(1), "chebyshev");
  return chebyshev_rate(l, L);
}

constexpr double half_of_double_root = 1.67834699;  // s with (1 + s)e^{−s} = 1/2

}  // namespace

BurnIn burn_in(const std::vector<double>& errors) {
  if (errors.empty() || !(errors[0] > 0)) {
    throw DomainError("burn-in: it is relative to the error at t = 0, which must be there and not be 0");
  }
  BurnIn result{0, 1, 0};
  for (std::size_t t = 0; t < errors.size(); ++t) {
    const double height = errors[t] / errors[0];
    if (!std::isfinite(height))
      throw DomainError(fmt::format("burn-in: the error at t = {} is {}", t, errors[t]));
    if (height > result.height) result = {static_cast<Index>(t), height, result.end};
    if (height > 1) result.end = static_cast<Index>(t) + 1;
  }
  if (result.end == static_cast<Index>(errors.size())) result.end.reset();
  return result;
}

std::optional<Index> settled(const std::vector<double>& errors, double level) {
  const auto above =
      std::find_if(errors.rbegin(), errors.rend(), [&](double error) { return !(error <= level); });
  if (above == errors.rbegin()) return std::nullopt;
  return errors.rend() - above;
}

bool BurnInPrediction::worst_case_applies() const {
  if (!worst_case.exists() || !instance.exists()) return worst_case.exists() == instance.exists();
  const auto distance = static_cast<double>(std::abs(worst_case.peak - instance.peak));
  return distance <= std::max(1.0, 0.2 * static_cast<double>(instance.peak)) &&
         worst_case.height <= 2 * instance.height;
}

BurnInPrediction predict_burn_in(const std::vector<PolynomialMaxima>& maxima, Recurrence recurrence,
                                 const SpectralTerms& terms) {
  const Bound bound = terms.commuting() ? commuting_bound : general_bound;
  return predict(bounds_of(maxima, start_norms(terms), bound), ClosedForm(terms, std::move(recurrence)));
}

BurnInPrediction predict_corrected_burn_in(const std::vector<PolynomialMaxima>& maxima, Recurrence recurrence,
                                           const SpectralTerms& terms) {
  return predict(corrected_bounds(maxima, start_norms(terms), terms.commuting()),
                 CorrectedForm(terms, std::move(recurrence)));
}

std::vector<double> corrected_bounds(const std::vector<PolynomialMaxima>& maxima, const StartNorms& start,
                                     bool commuting) {
  return bounds_of(maxima, start, commuting ? corrected_commuting_bound : corrected_general_bound);
}

double predicted_peak(const GradientDescent& method, double smallest_eigenvalue, double largest_eigenvalue) {
  const auto [at_smallest, at_largest] = contractions(method, smallest_eigenvalue, largest_eigenvalue);
  return peak(1, std::max(at_smallest, at_largest));
}

double predicted_peak(const HeavyBall& method, double smallest_eigenvalue, double largest_eigenvalue) {
  return peak(3, contraction(method, smallest_eigenvalue, largest_eigenvalue));
}

double predicted_peak(const Nesterov& method, double smallest_eigenvalue, double largest_eigenvalue) {
  return peak(std::sqrt(6.0), contraction(method, smallest_eigenvalue, largest_eigenvalue));
}

double predicted_peak(const Chebyshev& method, double smallest_eigenvalue, double largest_eigenvalue) {
  constexpr double root_of_s_tanh_s_equals_2 = 2.0653;
  return peak(root_of_s_tanh_s_equals_2, contraction(method, smallest_eigenvalue, largest_eigenvalue));
}

double predicted_corrected_peak(const GradientDescent& method, double smallest_eigenvalue,
                                double largest_eigenvalue) {
  const auto [at_smallest, at_largest] = contractions(method, smallest_eigenvalue, largest_eigenvalue);
  return at_largest < 1 ? peak(std::log(2), at_smallest) : std::numeric_limits<double>::infinity();
}

double predicted_corrected_peak(const HeavyBall& method, double smallest_eigenvalue,
                                double largest_eigenvalue) {
  return peak(half_of_double_root, contraction(method, smallest_eigenvalue, largest_eigenvalue));
}

double predicted_corrected_peak(const Nesterov& method, double smallest_eigenvalue,
                                double largest_eigenvalue) {
  return peak(half_of_double_root, contraction(method, smallest_eigenvalue, largest_eigenvalue));
}

double predicted_corrected_peak(const Chebyshev& method, double smallest_eigenvalue,
                                double largest_eigenvalue) {
  return peak(std::acosh(2), contraction(method, smallest_eigenvalue, largest_eigenvalue));
}

}  // namespace unroll
