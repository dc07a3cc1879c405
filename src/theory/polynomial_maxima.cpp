#include "unroll/theory/polynomial_maxima.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "unroll/error.hpp"

namespace unroll {
namespace {

constexpr PolynomialMaxima of_one{1, 0, 1, 0, 0, 0};  // P_0

void check_step(Index t) {
  if (t < 0) throw DomainError(fmt::format("polynomial maxima: t is {}, it must not be negative", t));
}

/// 1 − (1 − u)^t, with all its digits where u is small.
double one_minus_power(double u, double t) {
  return u < 1 ? -std::expm1(t * std::log1p(-u)) : 1 - std::pow(1 - u, t);
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
  const double steps = before + 1, value_at_L = std::pow(1 - at_L, steps);
  const double inverse_at_l = one_minus_power(at_l, steps) / smallest_eigenvalue;
  const double inverse_at_L = one_minus_power(at_L, steps) / largest_eigenvalue;
  const double product_at_L = at_L < 1
                                  ? value_at_L * inverse_at_L
                                  : std::abs(value_at_L) * (1 + std::abs(value_at_L)) / largest_eigenvalue;
  return {rate * power,
          derivative,
          std::max(difference(at_l), difference(at_L)),
          derivative,
          std::max(std::abs(inverse_at_l), std::abs(inverse_at_L)),
          std::max(std::abs(std::pow(1 - at_l, steps) * inverse_at_l), product_at_L)};
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
  const double inverse = (1 - power) * (1 - power) / (1 + power * power) / l;  // (1 − 1/T_t(σ))/ℓ
  return {value, derivative, (2 * L / (L - l) * squared - 1) * value, derivative, inverse, value * inverse};
}

MaximaOnInterval::MaximaOnInterval(Recurrence recurrence, double smallest_eigenvalue,
                                   double largest_eigenvalue, Index steps)
    : polynomial_(recurrence, chebyshev_points(smallest_eigenvalue, largest_eigenvalue, steps)),
      inverse_(std::move(recurrence), polynomial_.eigenvalues()),
      steps_(steps) {}

void MaximaOnInterval::advance() {
  if (polynomial_.degree() == steps_) {
    throw DomainError(fmt::format("polynomial maxima: the points are enough for {} steps only", steps_));
  }
  polynomial_.advance();
  inverse_.advance();
}

PolynomialMaxima MaximaOnInterval::maxima() const {
  const double degree = static_cast<double>(polynomial_.degree());
  const double n = static_cast<double>(points(steps_));
  const auto largest = [&](const auto& values, double of_degree) {
    return values.cwiseAbs().maxCoeff() / std::cos(std::numbers::pi * of_degree / (2 * n));
  };
  const auto P = polynomial_.value(), dP = polynomial_.derivative(), Q = inverse_.value();
  return {largest(P, degree),
          largest(dP, degree),
          largest(P - polynomial_.eigenvalues().cwiseProduct(dP), degree),
          std::numeric_limits<double>::infinity(),
          largest(Q, degree),
          largest(P.cwiseProduct(Q), 2 * degree)};
}

}  // namespace unroll
