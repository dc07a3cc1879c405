#include "unroll/theory/rate.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "unroll/error.hpp"
#include "unroll/theory/residual_polynomial.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

constexpr double l = 0.2, L = 3;

/// The rate between two far t: (M_{2t}/M_t)^{1/t} with M_t = max |P_t| on [l, L], which a factor t^k perturbs
/// by k ln 2/t only.
template <class M>
double measured(const M& method) {
  const int t = 300;
  const Vector angles = Vector::LinSpaced(200, 0, std::acos(-1.0));
  ResidualPolynomial P(method, ((L + l) / 2 - (L - l) / 2 * angles.array().cos()).matrix());
  for (int k = 0; k < t; ++k) P.advance();
  const double before = P.value().cwiseAbs().maxCoeff();
  for (int k = 0; k < t; ++k) P.advance();
  return std::pow(P.value().cwiseAbs().maxCoeff() / before, 1.0 / t);
}

TEST_CASE("residual polynomials decay, or grow, at their method's asymptotic rate") {
  const auto check = [](const auto& method) {
    CHECK(measured(method) == doctest::Approx(asymptotic_rate(method, l, L)).epsilon(5e-3));
  };
  check(GradientDescent::short_step(L));
  check(GradientDescent::large_step(l, L));
  check(GradientDescent{2.1 / L});
  check(HeavyBall::optimal(l, L));
  check(HeavyBall{0.4, 0.3});
  check(HeavyBall{0.4, -0.2});
  check(HeavyBall{0.1, 0.9});
  check(Nesterov::optimal(l, L));
  check(Nesterov{0.3, 0.9});
  check(Nesterov{0.5, 0.2});
  check(Chebyshev{l, L});
  check(Chebyshev{0.5, 2.9});
  check(SobolevMeasure{.eta = 2, .smallest_eigenvalue = l, .largest_eigenvalue = L});
}

TEST_CASE("the rates of the optimal methods are the known functions of the condition number") {
  const double root = std::sqrt(L / l);
  CHECK(asymptotic_rate(GradientDescent::large_step(l, L), l, L) == doctest::Approx((L - l) / (L + l)));
  CHECK(asymptotic_rate(HeavyBall::optimal(l, L), l, L) == doctest::Approx((root - 1) / (root + 1)));
  CHECK(asymptotic_rate(Chebyshev{l, L}, l, L) == doctest::Approx((root - 1) / (root + 1)));
  CHECK(asymptotic_rate(Nesterov::optimal(l, L), l, L) == doctest::Approx(1 - 1 / root));
  CHECK(asymptotic_rate(Chebyshev{L, L}, L, L) == 0);
}

TEST_CASE("a rate is not given for a wrong spectrum or method") {
  CHECK_THROWS_AS(asymptotic_rate(GradientDescent{1}, -1, 1), DomainError);
  CHECK_THROWS_AS(asymptotic_rate(HeavyBall{-1, 0}, l, L), DomainError);
  CHECK_THROWS_AS(asymptotic_rate(Chebyshev{2, 1}, l, L), DomainError);
}

}  // namespace
}  // namespace unroll
