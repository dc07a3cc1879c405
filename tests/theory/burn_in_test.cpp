#include "unroll/theory/burn_in.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "support/worst.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/theory/residual_polynomial.hpp"

namespace unroll {
namespace {

/// argmax_t max_λ |P'_t(λ)|, λ on a grid that is dense at both ends of [l, L].
template <class M>
double peak(const M& method, double l, double L) {
  const Index points = 400;
  const Vector angles = Vector::LinSpaced(points, 0, std::acos(-1.0));
  ResidualPolynomial polynomial(method, ((L + l) / 2 - (L - l) / 2 * angles.array().cos()).matrix());
  double largest = 0, at = 0;
  for (int t = 1; t < 20 * std::sqrt(L / l) + 20 || at > 0.5 * t; ++t) {
    polynomial.advance();
    const double height = test::largest(polynomial.derivative().cwiseAbs());
    if (height > largest) {
      largest = height;
      at = t;
    }
  }
  return at;
}

TEST_CASE("the predicted peak of the burn-in is where |P'_t| is largest, within a step or 3 %") {
  for (const double kappa : {30.0, 100.0, 1000.0, 10000.0}) {
    CAPTURE(kappa);
    const double L = 3, l = L / kappa;
    const auto check = [&](const auto& method) {
      const double found = peak(method, l, L);
      CHECK(std::abs(predicted_peak(method, l, L) - found) <= 1.5 + 0.03 * found);
    };
    check(GradientDescent::short_step(L));
    check(GradientDescent::large_step(l, L));
    check(HeavyBall::optimal(l, L));
    check(Nesterov::optimal(l, L));
    check(Chebyshev{l, L});
  }
}

/// argmax_t max_λ |P_t(λ)Q_t(λ)|, likewise.
template <class M>
double corrected_peak(const M& method, double l, double L) {
  const Vector angles = Vector::LinSpaced(400, 0, std::acos(-1.0));
  InversePolynomial polynomial(method, ((L + l) / 2 - (L - l) / 2 * angles.array().cos()).matrix());
  double largest = 0, at = 0;
  for (int t = 1; t < 20 * std::sqrt(L / l) + 20 || at > 0.5 * t; ++t) {
    polynomial.advance();
    const double height = polynomial.value().cwiseProduct(polynomial.residual()).cwiseAbs().maxCoeff();
    if (height > largest) {
      largest = height;
      at = t;
    }
  }
  return at;
}

TEST_CASE("the predicted peak of the corrected burn-in is where |P_tQ_t| is largest, within a step or 3 %") {
  for (const double kappa : {30.0, 100.0, 1000.0, 10000.0}) {
    CAPTURE(kappa);
    const double L = 3, l = L / kappa;
    const auto check = [&](const auto& method) {
      const double found = corrected_peak(method, l, L);
      CHECK(std::abs(predicted_corrected_peak(method, l, L) - found) <= 1.5 + 0.03 * found);
    };
    check(GradientDescent::short_step(L));
    check(GradientDescent::large_step(l, L));
    check(HeavyBall::optimal(l, L));
    check(Nesterov::optimal(l, L));
    check(Chebyshev{l, L});
  }
  CHECK(std::isinf(predicted_corrected_peak(GradientDescent{2.0}, 0.1, 1)));
  CHECK_THROWS_AS(predicted_corrected_peak(HeavyBall{0.1, 0.9}, 0.1, 1), DomainError);
  CHECK_THROWS_AS(predicted_corrected_peak(Chebyshev{0.1, 1}, -0.1, 1), DomainError);
}

TEST_CASE("for a large condition number peaks are the stated multiples of its root") {
  const double L = 1, l = 1e-8, root = 1e4;
  CHECK(predicted_peak(GradientDescent::large_step(l, L), l, L) ==
        doctest::Approx(root * root / 2).epsilon(1e-3));
  CHECK(predicted_peak(HeavyBall::optimal(l, L), l, L) == doctest::Approx(1.5 * root).epsilon(1e-3));
  CHECK(predicted_peak(Nesterov::optimal(l, L), l, L) == doctest::Approx(2.45 * root).epsilon(1e-3));
  CHECK(predicted_peak(Chebyshev{l, L}, l, L) == doctest::Approx(1.0327 * root).epsilon(1e-3));
}

TEST_CASE("a step size at which P' never decays has its peak at infinity") {
  CHECK(std::isinf(predicted_peak(GradientDescent{2.0}, 0.1, 1)));
  CHECK(std::isinf(predicted_peak(GradientDescent{5.0}, 0.1, 1)));
}

TEST_CASE("on a single eigenvalue the peak is the first step") {
  CHECK(predicted_peak(GradientDescent::short_step(2), 2, 2) == 1);
  CHECK(predicted_peak(HeavyBall::optimal(2, 2), 2, 2) == 1);
  CHECK(predicted_peak(Nesterov::optimal(2, 2), 2, 2) == 1);
  CHECK(predicted_peak(Chebyshev{2, 2}, 2, 2) == 1);
}

TEST_CASE(
    "a peak is not predicted for a wrong spectrum, or for coefficients that the formula does not cover") {
  CHECK_THROWS_AS(predicted_peak(GradientDescent{0.1}, 0, 1), DomainError);
  CHECK_THROWS_AS(predicted_peak(GradientDescent{-0.1}, 0.1, 1), DomainError);
  CHECK_THROWS_AS(predicted_peak(HeavyBall{0.1, 0.9}, 0.1, 1), DomainError);
  CHECK_THROWS_AS(predicted_peak(HeavyBall{0.1, 0.9}, 2, 1), DomainError);
  CHECK_THROWS_AS(predicted_peak(Nesterov{0.1, 0.9}, 0.1, 1), DomainError);
  CHECK_THROWS_AS(predicted_peak(Chebyshev{0.1, 2}, 0.1, 1), DomainError);
  CHECK_THROWS_AS(predicted_peak(Chebyshev{0.1, 1}, -0.1, 1), DomainError);
}

TEST_CASE("a burn-in has its peak, its height relative to the start, and the t from which on it is over") {
  const BurnIn grown = burn_in({2, 1, 3, 6, 2.5, 2, 1});
  CHECK(grown.peak == 3);
  CHECK(grown.height == 3);
  CHECK(grown.end == 5);
  CHECK(grown.exists());
  const BurnIn none = burn_in({2, 1.9, 2, 0});
  CHECK(none.peak == 0);
  CHECK(none.height == 1);
  CHECK(none.end == 0);
  CHECK_FALSE(none.exists());
  CHECK_FALSE(burn_in({1, 2}).end.has_value());
  CHECK_THROWS_AS(burn_in({}), DomainError);
  CHECK_THROWS_AS(burn_in({0, 1}), DomainError);
  CHECK_THROWS_AS(burn_in({1, std::numeric_limits<double>::infinity()}), DomainError);
}

TEST_CASE("a level is settled from the first t on from which no error is above it") {
  CHECK(settled({3, 1, 2, 1, 0.5}, 1) == 3);
  CHECK(settled({1, 1}, 1) == 0);
  CHECK_FALSE(settled({1, 2}, 1).has_value());
  CHECK_FALSE(settled({}, 1).has_value());
  CHECK_FALSE(settled({0, std::nan("")}, 1).has_value());
}

bool near(Index predicted, Index measured) {
  return std::abs(static_cast<double>(predicted - measured)) <=
         std::max(1.0, 0.2 * static_cast<double>(measured));
}

/// Compares the predictions with forward mode; returns whether the worst case applied.
template <class M>
bool check_prediction(const std::string& name, const M& method, const Instance& instance, Index steps) {
  CAPTURE(name);
  const auto& problem = dynamic_cast<const QuadraticProblem&>(*instance.problem);
  const BurnInPrediction predicted =
      predict_burn_in(method, spectral_terms(problem, instance.start, instance.theta), steps);
  const History run =
      jacobian_history(problem, method, instance.start, instance.theta, {.steps = steps}, Forward{});
  std::vector<double> errors;
  for (const Matrix& dx : run.dx) errors.push_back((dx - instance.jacobian).norm());
  const BurnIn measured = burn_in(errors);
  const BurnInPrediction corrected =
      predict_corrected_burn_in(method, spectral_terms(problem, instance.start, instance.theta), steps);
  CHECK(corrected.worst_case.height >= corrected.instance.height * (1 - 1e-9));
  CHECK(corrected.instance.height <= std::max(1.0, measured.height));
  CHECK(predicted.instance.exists() == measured.exists());
  CHECK(predicted.worst_case.height >= measured.height);
  if (!measured.exists()) return predicted.worst_case_applies();
  CHECK(near(predicted.instance.peak, measured.peak));
  CHECK(predicted.instance.height == doctest::Approx(measured.height).epsilon(0.01));
  CHECK(predicted.instance.end == measured.end);
  if (!predicted.worst_case_applies()) return false;
  CHECK(near(predicted.worst_case.peak, measured.peak));
  CHECK(predicted.worst_case.height <= 2 * measured.height);
  return true;
}

Instance instance_of(const std::string& data, const std::string& start) {
  return set_up({.data = data,
                 .start = start,
                 .start_scale = start == "normal" ? 10.0 : 1.0,
                 .data_directory = UNROLL_DATA_DIR})
      .instance;
}

TEST_CASE(
    "on every data set the predicted burn-in is the measured one; the worst case predicts it, within 20 % "
    "and "
    "2x, or is known not to apply") {
  int applied = 0;
  for (const std::string data :
       {"auto_mpg", "breast_cancer_diagnostic", "breast_cancer_original", "digits", "wine_quality_red"}) {
    for (const std::string start : {"zero", "ones", "normal"}) {
      CAPTURE(data);
      CAPTURE(start);
      const Instance instance = instance_of(data, start);
      const auto [l, L] = instance.spectrum;
      const auto fast = static_cast<Index>(5 * std::sqrt(L / l)) + 10, slow = static_cast<Index>(L / l) + 10;
      applied += check_prediction("gd-large", GradientDescent::large_step(l, L), instance, slow);
      applied += check_prediction("chebyshev", Chebyshev{l, L}, instance, fast);
      applied += check_prediction("heavy ball", HeavyBall::optimal(l, L), instance, fast);
      applied += check_prediction("nesterov", Nesterov::optimal(l, L), instance, fast);
    }
  }
  CHECK(applied >= 15);
}

template <class M>
BurnInPrediction prediction(const M& method, const Instance& instance, Index steps) {
  const auto& problem = dynamic_cast<const QuadraticProblem&>(*instance.problem);
  return predict_burn_in(method, spectral_terms(problem, instance.start, instance.theta), steps);
}

TEST_CASE(
    "the worst case applies from ones on the breast cancer data, and so does the formula for its peak") {
  for (const std::string data : {"breast_cancer_diagnostic", "breast_cancer_original"}) {
    CAPTURE(data);
    const Instance instance = instance_of(data, "ones");
    const auto [l, L] = instance.spectrum;
    const auto check = [&, l = l, L = L](const auto& method, Index steps) {
      const BurnInPrediction predicted = prediction(method, instance, steps);
      CHECK(predicted.worst_case_applies());
      CHECK(near(static_cast<Index>(std::lround(predicted_peak(method, l, L))), predicted.instance.peak));
    };
    check(GradientDescent::large_step(l, L), 1500);
    check(Chebyshev{l, L}, 200);
  }
}

TEST_CASE("the worst case does not apply from a start without weight where |P'| is large") {
  const Instance far = instance_of("digits", "ones"),
                 near_minimiser = instance_of("breast_cancer_diagnostic", "zero");
  for (const Instance& instance : {far, near_minimiser}) {
    const auto [l, L] = instance.spectrum;
    const BurnInPrediction predicted = prediction(Chebyshev{l, L}, instance, 200);
    CHECK(predicted.worst_case.height > 1.5);
    CHECK_FALSE(predicted.worst_case_applies());
  }
}

}  // namespace
}  // namespace unroll
