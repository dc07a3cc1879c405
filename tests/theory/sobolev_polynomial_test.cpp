#include "unroll/theory/sobolev_polynomial.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/worst.hpp"
#include "theory/reference.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/theory/residual_polynomial.hpp"

namespace unroll {
namespace {

TEST_CASE("Sobolev polynomials are those of the independent program") {
  int compared = 0;
  for (const auto& row : test::reference_rows("sobolev_polynomials.csv")) {
    const SobolevMeasure measure{.alpha = std::stod(row[0]),
                                 .eta = std::stod(row[1]),
                                 .smallest_eigenvalue = 0.05,
                                 .largest_eigenvalue = 1};
    ResidualPolynomial polynomial(measure, Vector::Constant(1, std::stod(row[3])));
    for (int t = 0; t < std::stoi(row[2]); ++t) polynomial.advance();
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    CAPTURE(row[2]);
    CAPTURE(row[3]);
    CHECK(std::abs(polynomial.value()[0] - std::stod(row[4])) <= 1e-12);
    ++compared;
  }
  CHECK(compared == 588);
}

/// ∫P² dμ + η∫P'² dμ for α = ½ (the uniform weight), by Gauss-Legendre quadrature; exact up to degree 39.
double energy(const ResidualPolynomial& P, const Vector& weights, double eta) {
  return weights.dot(P.value().cwiseAbs2()) + eta * weights.dot(P.derivative().cwiseAbs2());
}

TEST_CASE("P' of a Sobolev polynomial is the slope of P") {
  const SobolevMeasure measure{.alpha = 1, .eta = 0.3, .smallest_eigenvalue = 0.05, .largest_eigenvalue = 1};
  const double h = 1e-5;
  for (const double at : {0.05, 0.3, 0.77, 1.0}) {
    ResidualPolynomial polynomial(measure, Vector{{at - h, at, at + h}});
    for (int t = 1; t <= 12; ++t) {
      polynomial.advance();
      const double slope = (polynomial.value()[2] - polynomial.value()[0]) / (2 * h);
      CHECK(polynomial.derivative()[1] == doctest::Approx(slope).epsilon(1e-6));
    }
  }
}

TEST_CASE("no perturbation that keeps P(0) = 1 lowers the energy that a Sobolev polynomial minimises") {
  const double eta = 0.2;
  const SobolevMeasure measure{
      .alpha = 0.5, .eta = eta, .smallest_eigenvalue = 0.05, .largest_eigenvalue = 1};
  // The energy is quadratic: P is optimal if and only if it is orthogonal to λ, λ², … in the Sobolev product.
  const Index points = 2000;
  const Vector lambda = Vector::LinSpaced(points + 1, 0.05, 1);
  Vector weights = Vector::Constant(points + 1, 2.0 / 3);  // Simpson
  for (Index j = 1; j < points; j += 2) weights[j] = 4.0 / 3;
  weights[0] = weights[points] = 1.0 / 3;
  weights *= 1.0 / static_cast<double>(points);
  ResidualPolynomial P(measure, lambda);
  for (int t = 1; t <= 6; ++t) {
    P.advance();
    for (int power = 1; power <= t; ++power) {
      const Vector q = lambda.array().pow(power), slope = power * lambda.array().pow(power - 1);
      const double product =
          weights.dot(P.value().cwiseProduct(q)) + eta * weights.dot(P.derivative().cwiseProduct(slope));
      CHECK(std::abs(product) <= 1e-8);
    }
    CHECK(energy(P, weights, eta) < 1);
  }
}

TEST_CASE("the minimal value is the energy of the polynomial, and falls from 1") {
  const double eta = 0.2;
  const SobolevMeasure measure{
      .alpha = 0.5, .eta = eta, .smallest_eigenvalue = 0.05, .largest_eigenvalue = 1};
  const Index points = 4000;  // the trapezoidal rule in an angle, λ = 0.525 − 0.475 cos φ, has all digits
  const Vector angles = Vector::LinSpaced(points + 1, 0, std::acos(-1.0));
  const Vector weights = 0.5 * std::acos(-1.0) / static_cast<double>(points) * angles.array().sin();
  ResidualPolynomial P(measure, (0.525 - 0.475 * angles.array().cos()).matrix());
  double before = 2;
  for (const double minimum : sobolev_minima(measure, 12)) {
    CHECK(minimum == doctest::Approx(energy(P, weights, eta)).epsilon(1e-5));
    CHECK(minimum < before);
    before = minimum;
    P.advance();
  }
  CHECK(sobolev_minima(measure, 0) == std::vector<double>{1});
  CHECK_THROWS_AS(sobolev_minima(measure, -1), DomainError);
  CHECK_THROWS_AS(sobolev_minima({.smallest_eigenvalue = 2, .largest_eigenvalue = 2}, 3), DomainError);
}

TEST_CASE("a Sobolev polynomial is finite and small after a hundred thousand steps") {
  const SobolevMeasure measure{.eta = 0.1, .smallest_eigenvalue = 0.001, .largest_eigenvalue = 1};
  ResidualPolynomial polynomial(measure, Vector{{0.001, 0.2, 1.0}});
  for (int t = 0; t < 100000; ++t) polynomial.advance();
  CHECK(test::largest(polynomial.value().cwiseAbs()) <= 1e-100);
  CHECK(test::largest(polynomial.derivative().cwiseAbs()) <= 1e-100);
}

TEST_CASE("on a single eigenvalue the Sobolev method is the step 1/L") {
  const SobolevMeasure measure{.eta = 0.1, .smallest_eigenvalue = 2, .largest_eigenvalue = 2};
  ResidualPolynomial polynomial(measure, Vector{{2.0, 1.0}});
  polynomial.advance();
  CHECK(polynomial.value()[0] == 0);
  CHECK(polynomial.value()[1] == 0.5);
}

TEST_CASE("a Sobolev measure out of its range is refused") {
  const SobolevMeasure measure{.eta = -1, .smallest_eigenvalue = 1, .largest_eigenvalue = 2};
  CHECK_THROWS_AS(ResidualPolynomial(measure, Vector::Ones(1)), DomainError);
}

}  // namespace
}  // namespace unroll
