#include "unroll/theory/burn_in.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unroll/error.hpp"
#include "unroll/theory/closed_form.hpp"

namespace unroll {
namespace {

/// order/ln(1/rate), at least 1.
double peak(double order, double rate) {
  if (rate >= 1) return std::numeric_limits<double>::infinity();
  return std::max(1.0, order / -std::log(rate));
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

bool BurnInPrediction::worst_case_applies() const {
  if (!worst_case.exists() || !instance.exists()) return worst_case.exists() == instance.exists();
  const auto distance = static_cast<double>(std::abs(worst_case.peak - instance.peak));
  return distance <= std::max(1.0, 0.2 * static_cast<double>(instance.peak)) &&
         worst_case.height <= 2 * instance.height;
}

BurnInPrediction predict_burn_in(const std::vector<PolynomialMaxima>& maxima, Recurrence recurrence,
                                 const SpectralTerms& terms) {
  const StartNorms start = start_norms(terms);
  ClosedForm form(terms, std::move(recurrence));
  std::vector<double> bounds, errors;
  for (const PolynomialMaxima& m : maxima) {
    bounds.push_back(form.commuting() ? commuting_bound(m, start) : general_bound(m, start));
    errors.push_back(form.error());
    form.advance();
  }
  return {burn_in(bounds), burn_in(errors)};
}

double predicted_peak(const GradientDescent& method, double smallest_eigenvalue, double largest_eigenvalue) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "predicted_peak");
  method.check();
  const double h = method.step_size;
  return peak(1, std::max(std::abs(1 - h * smallest_eigenvalue), std::abs(1 - h * largest_eigenvalue)));
}

double predicted_peak(const HeavyBall& method, double smallest_eigenvalue, double largest_eigenvalue) {
  const HeavyBall optimal = HeavyBall::optimal(smallest_eigenvalue, largest_eigenvalue);
  check_optimal(method.coefficients(1), optimal.coefficients(1), "heavy ball");
  return peak(3, std::sqrt(optimal.momentum));
}

double predicted_peak(const Nesterov& method, double smallest_eigenvalue, double largest_eigenvalue) {
  const Nesterov optimal = Nesterov::optimal(smallest_eigenvalue, largest_eigenvalue);
  check_optimal(method.coefficients(1), optimal.coefficients(1), "nesterov");
  return peak(std::sqrt(6.0), 1 - std::sqrt(smallest_eigenvalue / largest_eigenvalue));
}

double predicted_peak(const Chebyshev& method, double smallest_eigenvalue, double largest_eigenvalue) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "predicted_peak");
  check_optimal(method.coefficients(1), Chebyshev{smallest_eigenvalue, largest_eigenvalue}.coefficients(1),
                "chebyshev");
  constexpr double root_of_s_tanh_s_equals_2 = 2.0653;
  return peak(root_of_s_tanh_s_equals_2, chebyshev_rate(smallest_eigenvalue, largest_eigenvalue));
}

}  // namespace unroll
