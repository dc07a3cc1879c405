#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/worst.hpp"
#include "unroll/ad/elementwise.hpp"

using namespace unroll;

namespace {

// Magnitudes from 1e-300 to 700, of both signs, dense where the formulas change.
Vector samples() {
  std::vector<double> points{0.0};
  for (double x = 1e-300; x < 1e-3; x *= 1e7) points.push_back(x);
  for (double x = 1e-3; x < 2; x += 7.3e-4) points.push_back(x);
  for (double x = 2; x <= 700; x += 0.37) points.push_back(x);
  points.push_back(700);
  const std::size_t half = points.size();
  for (std::size_t i = 0; i < half; ++i) points.push_back(-points[i]);
  return Eigen::Map<const Vector>(points.data(), static_cast<Index>(points.size()));
}

template <class Exact>
double worst_error(const Vector& x, const Vector& y, const Exact& exact) {
  test::Worst worst;
  for (Index i = 0; i < x.size(); ++i) {
    const long double wanted = exact(static_cast<long double>(x[i]));
    if (wanted == 0) {
      CHECK(y[i] == 0);
      continue;
    }
    worst.add(static_cast<double>(std::abs((static_cast<long double>(y[i]) - wanted) / wanted)));
  }
  return worst;
}
long double exact_sigmoid(long double x) { return 1.0L / (1.0L + std::exp(-x)); }

}  // namespace

TEST_CASE("the vectorised functions are exact to 1e-15, relative") {
  const Vector x = samples();
  CHECK(worst_error(x, tanh(x), [](long double u) { return std::tanh(u); }) <= 1e-15);
  CHECK(worst_error(x, sigmoid(x), exact_sigmoid) <= 1e-15);
  CHECK(worst_error(x, softplus(x), [](long double u) {
          return std::max(u, 0.0L) + std::log1p(std::exp(-std::abs(u)));
        }) <= 1e-15);
  CHECK(worst_error(x, ad::map<ad::packet::SigmoidSlope>(x),
                    [](long double u) { return exact_sigmoid(u) * exact_sigmoid(-u); }) <= 1e-15);
  const Vector shorter = 0.5 * x;
  CHECK(worst_error(shorter, ad::map<ad::packet::TanhSlope>(shorter),
                    [](long double u) { return 1 / (std::cosh(u) * std::cosh(u)); }) <= 1e-15);
}

TEST_CASE("an entry has one value, whether it lies in a packet or in the rest") {
  const Vector x = samples();
  const Vector together = softplus(x), hyperbolic = tanh(x);
  for (Index i = 0; i < x.size(); i += 97) {
    CHECK(softplus(Vector(x.segment(i, 1)))[0] == doctest::Approx(together[i]).epsilon(1e-15));
    CHECK(tanh(Vector(x.segment(i, 1)))[0] == doctest::Approx(hyperbolic[i]).epsilon(1e-15));
  }
}

TEST_CASE("the vectorised functions have their limits at infinity") {
  const double inf = std::numeric_limits<double>::infinity();
  const Vector x{{inf, -inf, inf, -inf, inf, -inf, inf, -inf}};
  CHECK(tanh(x).head(2) == Vector{{1, -1}});
  CHECK(sigmoid(x)[0] == 1);
  CHECK(sigmoid(x)[1] <= 1e-300);
  CHECK(softplus(x)[0] == inf);
  CHECK(softplus(x)[1] <= 1e-300);
}

TEST_CASE("exponentials and logarithms reach the ends of the range, wherever in a packet they stand") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Vector x{{1, -708.2, -720.5, -745, -746, -1e4, -infinity, 709.7, 709.79, 1e4, infinity, 0}};
  const Vector small{{1, 1e-307, 3e-308, 2e-308, 1e-310, 4.9e-324, 0, infinity, 2, 1e-320, 5e-323}};
  for (Index first = 0; first < x.size(); ++first) {
    const Vector part = x.tail(x.size() - first), y = exp(part), s = sigmoid(part);
    for (Index i = 0; i < part.size(); ++i) {
      CAPTURE(part[i]);
      const double slack = 1e-15 * std::exp(part[i]) + std::numeric_limits<double>::denorm_min();
      CHECK((y[i] == std::exp(part[i]) || std::abs(y[i] - std::exp(part[i])) <= slack));
      if (part[i] < 0) CHECK(std::abs(s[i] - std::exp(part[i])) <= 2 * slack);
    }
  }
  for (Index first = 0; first < small.size(); ++first) {
    const Vector part = small.tail(small.size() - first), y = log(part);
    for (Index i = 0; i < part.size(); ++i) {
      CAPTURE(part[i]);
      CHECK((y[i] == std::log(part[i]) || std::abs(y[i] - std::log(part[i])) <= 3e-16 * std::abs(y[i])));
    }
  }
  CHECK(log(Vector::Constant(5, -1)).array().isNaN().all());
  CHECK(exp(Vector::Constant(5, std::nan(""))).array().isNaN().all());
}
