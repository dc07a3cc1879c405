#include "unroll/theory/polynomial_maxima.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "unroll/error.hpp"

namespace unroll {
namespace {

constexpr PolynomialMaxima of_one{1, 0, 1, 0};  // P_0

void check_step(Index t) {
  if (t < 0) throw DomainError(fmt::format("polynomial maxima: t is {}, it must not be negative", t));
}

Index points(Index steps) { return 8 * std::max<Index>(steps, 1); }

/// N Chebyshev points of [l, L].
Vector chebyshev_points(double l, double L, Index steps) {
  check_spectrum(l, L, "polynomial maxima");
  check_step(steps);
  const Index n = points(steps);
  return Vector::NullaryExpr(n, [=](Index j) {
    const double angle = std::numbers::pi * (static_cast<double>(j) + 0.5) / static_cast<double>(n);
    return (L + l) / 2 - (L - l) / 2 * std::cos(angle);
  });
}

}  // namespace

PolynomialMaxima polynomial_maxima(const GradientDescent& method, double smallest_eigenvalue,
                                   double largest_eigenvalue, Index t) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "polynomial maxima");
  method.check();
  check_step(t);
  if (t == 0) return of_one;
  const double h = method.step_size, before = static_cast<double>(t - 1);
  const double at_l = h * smallest_eigenvalue, at_L = h * largest_eigenvalue;
  const auto difference = [&](double u) { return std::pow(std::abs(1 - u), before) * (1 + before * u); };
  const double rate = std::max(std::abs(1 - at_l), std::abs(1 - at_L));
  const double power = std::pow(rate, before);
  const double derivative = h * (before + 1) * power;
  return {rate * power, derivative, std::max(difference(at_l), difference(at_L)), derivative};
}

PolynomialMaxima polynomial_maxima(const Chebyshev& method, double smallest_eigenvalue,
                                   double largest_eigenvalue, Index t) {
  method.check();
  check_step(t);
  const auto close = [](double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); };
  if (!close(smallest_eigenvalue, method.smallest_eigenvalue) ||
      !close(largest_eigenvalue, method.largest_eigenvalue)) {
    throw DomainError(fmt::format("polynomial maxima: chebyshev is for [{}, {}], not for [{}, {}]",
                                  method.smallest_eigenvalue, method.largest_eigenvalue, smallest_eigenvalue,
                                  largest_eigenvalue));
  }
  const double l = method.smallest_eigenvalue, L = method.largest_eigenvalue;
  if (t == 0) return of_one;
  if (is_single_eigenvalue(l, L)) return polynomial_maxima(GradientDescent::short_step(L), l, L, t);
  const double steps = static_cast<double>(t), squared = steps * steps;
  const double power = std::pow(chebyshev_rate(l, L), steps);
  const double value = 2 * power / (1 + power * power);  // 1/T_t(σ), without overflow
  const double derivative = 2 * squared / (L - l) * value;
  return {value, derivative, (2 * L / (L - l) * squared - 1) * value, derivative};
}

MaximaOnInterval::MaximaOnInterval(Recurrence recurrence, double smallest_eigenvalue,
                                   double largest_eigenvalue, Index steps)
    : polynomial_(std::move(recurrence), chebyshev_points(smallest_eigenvalue, largest_eigenvalue, steps)),
      steps_(steps) {}

void MaximaOnInterval::advance() {
  if (polynomial_.degree() == steps_) {
    throw DomainError(fmt::format("polynomial maxima: the points are enough for {} steps only", steps_));
  }
  polynomial_.advance();
}

PolynomialMaxima MaximaOnInterval::maxima() const {
  const double degree = static_cast<double>(polynomial_.degree());
  const double n = static_cast<double>(points(steps_));
  const double between = 1 / std::cos(std::numbers::pi * degree / (2 * n));
  const auto largest = [&](const auto& values) { return between * values.cwiseAbs().maxCoeff(); };
  const auto P = polynomial_.value(), dP = polynomial_.derivative();
  return {largest(P), largest(dP), largest(P - polynomial_.eigenvalues().cwiseProduct(dP)),
          std::numeric_limits<double>::infinity()};
}

}  // namespace unroll
