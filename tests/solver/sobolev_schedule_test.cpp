#include "unroll/solver/sobolev_schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/numbers.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using test::infinity;
using test::nan;

TEST_CASE("options of the Sobolev measure out of their range are refused") {
  const auto measure = [](double alpha, double eta, double l, double L) {
    return SobolevMeasure{.alpha = alpha, .eta = eta, .smallest_eigenvalue = l, .largest_eigenvalue = L};
  };
  CHECK_NOTHROW(measure(0.5, 0, 1, 2).check());
  CHECK_NOTHROW(measure(SobolevMeasure::largest_alpha, 0, 1, 1).check());
  for (const double alpha : {0.0, -0.5, 2 * SobolevMeasure::largest_alpha, nan, infinity})
    CHECK_THROWS_AS(measure(alpha, 1, 1, 2).check(), DomainError);
  for (const double eta : {-1e-9, nan, infinity})
    CHECK_THROWS_AS(measure(0.5, eta, 1, 2).check(), DomainError);
  CHECK_THROWS_AS(measure(0.5, 1, 0, 2).check(), DomainError);
  CHECK_THROWS_AS(measure(0.5, 1, 3, 2).check(), DomainError);
  CHECK_THROWS_AS(SobolevSchedule(measure(0.5, -1, 1, 2)), DomainError);
}

TEST_CASE("the coefficients of a spectrum that is a point are those of the step 1/L") {
  SobolevSchedule schedule({.eta = 1, .smallest_eigenvalue = 4, .largest_eigenvalue = 4});
  for (int n = 0; n < 3; ++n) {
    const SobolevCoefficients c = schedule.next();
    CHECK(c.gegenbauer == 1);
    CHECK(c.gradient == -0.25);
    CHECK(c.coherence == 0);
    CHECK(c.sobolev == 0);
    CHECK(c.average == 1);
  }
}

TEST_CASE("the Sobolev coefficients stay bounded and converge for a hundred thousand steps") {
  for (const double eta : {0.0, 1e-3, 1.0, 1e6}) {
    CAPTURE(eta);
    SobolevSchedule schedule({.eta = eta, .smallest_eigenvalue = 1e-4, .largest_eigenvalue = 1});
    SobolevCoefficients c{}, before{};
    bool bounded = true;
    for (int n = 0; n < 100000; ++n) {
      before = c;
      c = schedule.next();
      for (const double value : {c.gegenbauer, c.gradient, c.coherence, c.sobolev, c.average}) {
        bounded = bounded && std::abs(value) <= 1e3;
      }
      bounded = bounded && 1 - c.coherence - c.sobolev > 1e-4 && c.average > 0 && c.average <= 1;
    }
    CHECK(bounded);
    CHECK(std::abs(c.gegenbauer - before.gegenbauer) <= 1e-9);
    CHECK(std::abs(c.average - before.average) <= 1e-9);
  }
}

}  // namespace
}  // namespace unroll
