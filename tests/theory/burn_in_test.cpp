#include "unroll/theory/burn_in.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "unroll/error.hpp"
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
    const double height = polynomial.derivative().cwiseAbs().maxCoeff();
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

}  // namespace
}  // namespace unroll
