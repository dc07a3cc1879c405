#include "unroll/solver/chebyshev.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/worst.hpp"

namespace unroll {
namespace {

TEST_CASE(
    "Chebyshev's coefficients are those of the recurrence for omega, at every t and for every interval") {
  for (const double kappa : {1 + 1e-13, 1 + 1e-6, 1.5, 30.0, 1312.0, 1e4, 1e8, 1e14}) {
    const double L = 3.7, l = L / kappa;
    CAPTURE(kappa);
    const Chebyshev method{l, L};
    const long double rho = (static_cast<long double>(L) - l) / (static_cast<long double>(L) + l);
    long double omega = 2;
    test::Worst worst_momentum, worst_step;
    for (Index t = 1; t <= 5000; ++t) {
      omega = 1 / (1 - rho * rho * omega / 4);
      const MomentumCoefficients c = method.coefficients(t);
      const double momentum = static_cast<double>(omega - 1),
                   step_size = static_cast<double>(2 * omega / (L + l));
      worst_momentum.add(std::abs(c.momentum - momentum));
      worst_step.add(std::abs(c.step_size / step_size - 1));
      CHECK(c.extrapolation == 0);
    }
    CHECK(worst_momentum <= 2e-15);
    CHECK(worst_step <= 2e-15);
  }
}

TEST_CASE("Chebyshev's first step is the best single step") {
  const MomentumCoefficients c = Chebyshev{1, 3}.coefficients(0);
  CHECK(c.momentum == 0);
  CHECK(c.step_size == 0.5);
}

TEST_CASE("Chebyshev's coefficients converge to Polyak's heavy ball and stay there") {
  const double l = 0.01, L = 1;
  const double roots = std::sqrt(L) + std::sqrt(l), rate = chebyshev_rate(l, L);
  for (const Index t : {Index{10000}, Index{10000000}}) {
    const MomentumCoefficients c = Chebyshev{l, L}.coefficients(t);
    CHECK(c.momentum == doctest::Approx(rate * rate).epsilon(1e-14));
    CHECK(c.step_size == doctest::Approx(4 / (roots * roots)).epsilon(1e-14));
  }
}

}  // namespace
}  // namespace unroll
