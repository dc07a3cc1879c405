#include "unroll/theory/rate.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/worst.hpp"
#include "unroll/error.hpp"
#include "unroll/theory/residual_polynomial.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

constexpr double lowest = 0.2, highest = 3;

/// The rate between two far t: (M_{2t}/M_t)^{1/t} with M_t = max |P_t| on [l, L], which a factor t^k perturbs
/// by k ln 2/t only.
template <class M>
double measured(const M& method) {
  const int t = 300;
  const Vector angles = Vector::LinSpaced(200, 0, std::acos(-1.0));
  ResidualPolynomial P(method,
                       ((highest + lowest) / 2 - (highest - lowest) / 2 * angles.array().cos()).matrix());
  for (int k = 0; k < t; ++k) P.advance();
  const double before = test::largest(P.value().cwiseAbs());
  for (int k = 0; k < t; ++k) P.advance();
  return std::pow(test::largest(P.value().cwiseAbs()) / before, 1.0 / t);
}

TEST_CASE("residual polynomials decay, or grow, at their method's asymptotic rate") {
  const auto check = [](const auto& method) {
    CHECK(measured(method) == doctest::Approx(asymptotic_rate(method, lowest, highest)).epsilon(5e-3));
  };
  check(GradientDescent::short_step(highest));
  check(GradientDescent::large_step(lowest, highest));
  check(GradientDescent{2.1 / highest});
  check(HeavyBall::optimal(lowest, highest));
  check(HeavyBall{0.4, 0.3});
  check(HeavyBall{0.4, -0.2});
  check(HeavyBall{0.1, 0.9});
  check(Nesterov::optimal(lowest, highest));
  check(Nesterov{0.3, 0.9});
  check(Nesterov{0.5, 0.2});
  check(Chebyshev{lowest, highest});
  check(Chebyshev{0.5, 2.9});
  check(SobolevMeasure{.eta = 2, .smallest_eigenvalue = lowest, .largest_eigenvalue = highest});
}

TEST_CASE("the rates of the optimal methods are the known functions of the condition number") {
  const double root = std::sqrt(highest / lowest);
  CHECK(asymptotic_rate(GradientDescent::large_step(lowest, highest), lowest, highest) ==
        doctest::Approx((highest - lowest) / (highest + lowest)));
  CHECK(asymptotic_rate(HeavyBall::optimal(lowest, highest), lowest, highest) ==
        doctest::Approx((root - 1) / (root + 1)));
  CHECK(asymptotic_rate(Chebyshev{lowest, highest}, lowest, highest) ==
        doctest::Approx((root - 1) / (root + 1)));
  CHECK(asymptotic_rate(Nesterov::optimal(lowest, highest), lowest, highest) ==
        doctest::Approx(1 - 1 / root));
  CHECK(asymptotic_rate(Chebyshev{highest, highest}, highest, highest) == 0);
}

TEST_CASE("a rate is not given for a wrong spectrum or method") {
  CHECK_THROWS_AS(asymptotic_rate(GradientDescent{1}, -1, 1), DomainError);
  CHECK_THROWS_AS(asymptotic_rate(HeavyBall{-1, 0}, lowest, highest), DomainError);
  CHECK_THROWS_AS(asymptotic_rate(Chebyshev{2, 1}, lowest, highest), DomainError);
}

}  // namespace
}  // namespace unroll
