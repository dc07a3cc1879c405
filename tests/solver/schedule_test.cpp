#include "unroll/solver/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "support/numbers.hpp"
#include "support/worst.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"

namespace unroll {
namespace {

using test::infinity;
using test::nan;

std::string reason(double l, double L) {
  try {
    check_spectrum(l, L, "method");
  } catch (const DomainError& e) {
    return e.what();
  }
  return "";
}

TEST_CASE("a spectrum is refused with the method and the reason unless 0 < l <= L < infinity") {
  CHECK(reason(0.5, 0.5).empty());
  CHECK(reason(1e-300, 1e300).empty());
  CHECK(reason(0, 1).find("method: the smallest eigenvalue is 0, it must be positive") == 0);
  CHECK(reason(-1, 1).find("strongly convex") != std::string::npos);
  CHECK(reason(2, 1).find("the smallest eigenvalue 2 is larger than the largest, 1") != std::string::npos);
  CHECK(reason(nan, 1).find("not finite") != std::string::npos);
  CHECK(reason(1, nan).find("not finite") != std::string::npos);
  CHECK(reason(1, infinity).find("not finite") != std::string::npos);
}

TEST_CASE("no method takes a spectrum that is not one of a strongly convex function") {
  for (const auto& ends :
       {std::pair{0.0, 1.0}, {-1.0, 1.0}, {2.0, 1.0}, {nan, 1.0}, {1.0, nan}, {1.0, infinity}}) {
    const double l = ends.first, L = ends.second;
    CAPTURE(l);
    CAPTURE(L);
    CHECK_THROWS_AS(GradientDescent::large_step(l, L), DomainError);
    CHECK_THROWS_AS(HeavyBall::optimal(l, L), DomainError);
    CHECK_THROWS_AS(Nesterov::optimal(l, L), DomainError);
    CHECK_THROWS_AS((Chebyshev{l, L}.check()), DomainError);
    CHECK_THROWS_AS((Chebyshev{l, L}.coefficients(3)), DomainError);
  }
  for (const double L : {0.0, -1.0, nan, infinity})
    CHECK_THROWS_AS(GradientDescent::short_step(L), DomainError);
}

TEST_CASE("a step size must be positive and finite, a momentum finite") {
  for (const double h : {0.0, -0.1, nan, infinity}) {
    CHECK_THROWS_AS(GradientDescent{h}.check(), DomainError);
    CHECK_THROWS_AS((HeavyBall{h, 0.5}.check()), DomainError);
    CHECK_THROWS_AS((Nesterov{h, 0.5}.check()), DomainError);
  }
  for (const double m : {nan, infinity}) {
    CHECK_THROWS_AS((HeavyBall{0.1, m}.check()), DomainError);
    CHECK_THROWS_AS((Nesterov{0.1, m}.check()), DomainError);
  }
  CHECK_NOTHROW((Nesterov{0.1, 0.0}.check()));
}

TEST_CASE("the choices for an interval are the textbook's") {
  const double l = 0.04, L = 1.96, kappa = 49;
  CHECK(GradientDescent::short_step(L).step_size == 1 / L);
  CHECK(GradientDescent::large_step(l, L).step_size == doctest::Approx(2 / (L + l)).epsilon(1e-15));
  CHECK(HeavyBall::optimal(l, L).step_size == doctest::Approx(4 / (1.6 * 1.6)).epsilon(1e-15));
  CHECK(HeavyBall::optimal(l, L).momentum == doctest::Approx(0.75 * 0.75).epsilon(1e-15));
  CHECK(Nesterov::optimal(l, L).step_size == 1 / L);
  CHECK(Nesterov::optimal(l, L).momentum ==
        doctest::Approx((std::sqrt(kappa) - 1) / (std::sqrt(kappa) + 1)).epsilon(1e-15));
}

TEST_CASE("on a single eigenvalue every method is the step 1/L") {
  for (const double l : {3.0, 3.0 * (1 - 1e-15)}) {
    const double L = 3;
    CHECK(HeavyBall::optimal(l, L).momentum <= 1e-16);
    CHECK(Nesterov::optimal(l, L).momentum <= 1e-15);
    for (const Index t : {0, 1, 100}) {
      const MomentumCoefficients c = Chebyshev{l, L}.coefficients(t);
      CHECK(c.step_size == 1 / L);
      CHECK(c.momentum == 0);
      CHECK(c.extrapolation == 0);
    }
  }
}

TEST_CASE("a divergence is foretold exactly where the recurrence of the largest eigenvalue grows") {
  for (const double m : {-0.5, 0.0, 0.5, 0.95, 1.1}) {
    for (const double e : {0.0, 0.5, m}) {
      for (const double h : {0.1, 0.4, 0.7, 1.05, 1.3, 1.9, 2.05, 2.95, 3.95}) {
        double x = 1, previous = 1;
        test::Worst largest;
        double slow = 1, slow_previous = 1;  // at an eigenvalue near 0
        for (int t = 0; t < 4000; ++t) {
          const auto next = [&](double now, double before, double eigenvalue) {
            return now + m * (now - before) - h * eigenvalue * (now + e * (now - before));
          };
          previous = std::exchange(x, next(x, previous, 1));
          slow_previous = std::exchange(slow, next(slow, slow_previous, 1e-9));
          if (!std::isfinite(x) || !std::isfinite(slow)) {
            largest.add(infinity);
            break;
          }
          if (t > 3000) largest.add(std::max(std::abs(x), std::abs(slow)));
        }
        CAPTURE(m);
        CAPTURE(e);
        CAPTURE(h);
        CHECK(divergence_warning({m, e, h}, 1).empty() == (largest < 1.5));
      }
    }
  }
  CHECK(divergence_warning({0, 0, 2.5}, 1).find("2.5 is not below 2") != std::string::npos);
}

}  // namespace
}  // namespace unroll
