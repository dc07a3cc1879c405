#include "unroll/theory/polynomial_maxima.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/nesterov.hpp"

namespace unroll {
namespace {

constexpr double smallest = 0.1, largest = 2;

struct Largest {
  double value = 0, derivative = 0, difference = 0, inverse = 0, inverse_residual = 0;
};

/// On a grid that is dense at both ends.
Largest on_grid(const ResidualPolynomial& P) {
  const Vector difference = P.value() - P.eigenvalues().cwiseProduct(P.derivative());
  const Vector inverse = (1 - P.value().array()) / P.eigenvalues().array();
  return {test::largest(P.value().cwiseAbs()), test::largest(P.derivative().cwiseAbs()),
          test::largest(difference.cwiseAbs()), test::largest(inverse.cwiseAbs()),
          test::largest(inverse.cwiseProduct(P.value()).cwiseAbs())};
}

template <class M>
void check(const M& method, double accuracy, double accuracy_of_product) {
  const Vector angles = Vector::LinSpaced(2001, 0, std::acos(-1.0));
  ResidualPolynomial P(method,
                       ((largest + smallest) / 2 - (largest - smallest) / 2 * angles.array().cos()).matrix());
  for (const PolynomialMaxima& maxima : maxima_history(method, smallest, largest, 50)) {
    const Largest found = on_grid(P);
    CAPTURE(P.degree());
    for (const auto& [bound, largest, most] :
         {std::tuple{maxima.value, found.value, accuracy},
          {maxima.derivative, found.derivative, accuracy},
          {maxima.difference, found.difference, accuracy},
          {maxima.inverse, found.inverse, accuracy},
          {maxima.inverse_residual, found.inverse_residual, accuracy_of_product}}) {
      CHECK(largest <= bound * (1 + 1e-10));
      CHECK(bound <= largest * (1 + most));
    }
    P.advance();
  }
}

TEST_CASE("the maxima of gradient descent and Chebyshev are those on a fine grid, at every t") {
  for (const double h : {0.2 / largest, 1 / largest, 1.7 / largest, 2 / (largest + smallest)})
    check(GradientDescent{h}, 1e-4, 1e-4);
  for (const double h : {2 / largest, 2.5 / largest}) check(GradientDescent{h}, 1e-4, 10);
  check(Chebyshev{smallest, largest}, 1e-4, 1e-4);
}

TEST_CASE("the maxima of any method are between those on a fine grid and 2 % more") {
  check(Nesterov::optimal(smallest, largest), 0.021, 0.09);
  const GradientDescent method = GradientDescent::large_step(smallest, largest);
  MaximaOnInterval points(method, smallest, largest, 30);
  for (Index t = 0; t <= 30; ++t) {
    const PolynomialMaxima exact = polynomial_maxima(method, smallest, largest, t), found = points.maxima();
    CHECK(found.value >= exact.value * (1 - 1e-10));
    CHECK(found.derivative <= 1.021 * exact.derivative);
    CHECK(found.difference >= exact.difference * (1 - 1e-10));
    if (t < 30) points.advance();
  }
}

TEST_CASE(
    "the derivative of P_t(H) in a direction of norm 1 stays below, and comes near, the largest |P'_t|") {
  const auto spectral_norm = [](const Matrix& A) {
    return test::largest(
        Eigen::SelfAdjointEigenSolver<Matrix>(A, Eigen::EigenvaluesOnly).eigenvalues().cwiseAbs());
  };
  test::Worst nearest;
  for (unsigned seed = 0; seed < 60; ++seed) {
    test::Random random(seed);
    const Index n = 2 + seed % 7;
    const Matrix A = random.matrix(n, n);
    Matrix E = A + A.transpose();
    if (seed % 2 == 0) E = Vector::Ones(n) * Vector::Ones(n).transpose();
    E /= spectral_norm(E);
    const double end = seed % 4 < 2 ? smallest : largest;  // eigenvalues near an end, where |P'_t| is largest
    Vector lambda =
        (Vector::Constant(n, end) + (end == smallest ? 1 : -1) * 0.02 * random.vector(n).cwiseAbs());
    if (seed % 3 == 0) lambda = smallest + (largest - smallest) * random.vector(n).array().sin().square();
    DividedDifferences chebyshev(Chebyshev{smallest, largest}, lambda);
    const GradientDescent descent = GradientDescent::large_step(smallest, largest);
    DividedDifferences gradient_descent(descent, lambda);
    for (Index t = 0; t <= 25; ++t) {
      const double by_chebyshev = spectral_norm(chebyshev.value().cwiseProduct(E));
      const PolynomialMaxima maxima = polynomial_maxima(Chebyshev{smallest, largest}, smallest, largest, t);
      CHECK(by_chebyshev <= maxima.matrix_derivative * (1 + 1e-10));
      CHECK(spectral_norm(gradient_descent.value().cwiseProduct(E)) <=
            polynomial_maxima(descent, smallest, largest, t).matrix_derivative * (1 + 1e-10));
      if (t > 3) nearest.add(by_chebyshev / maxima.matrix_derivative);
      chebyshev.advance();
      gradient_descent.advance();
    }
  }
  CHECK(nearest > 0.8);
}

TEST_CASE(
    "after a hundred thousand steps Chebyshev's maxima are 0, not NaN; on a single eigenvalue from t = 2 "
    "on") {
  CHECK(polynomial_maxima(Chebyshev{smallest, largest}, smallest, largest, 100000).derivative == 0);
  const PolynomialMaxima first = polynomial_maxima(Chebyshev{largest, largest}, largest, largest, 1);
  CHECK(first.value == 0);
  CHECK(first.derivative == 1 / largest);
  CHECK(polynomial_maxima(Chebyshev{largest, largest}, largest, largest, 2).derivative == 0);
}

TEST_CASE("maxima are refused for a wrong interval, a negative step, and beyond the points' steps") {
  CHECK_THROWS_AS(polynomial_maxima(Chebyshev{smallest, largest}, smallest, 3, 1), DomainError);
  CHECK_THROWS_AS(polynomial_maxima(Chebyshev{smallest, largest}, smallest, largest, -1), DomainError);
  CHECK_THROWS_AS(polynomial_maxima(GradientDescent{1}, largest, smallest, 1), DomainError);
  CHECK_THROWS_AS(polynomial_maxima(GradientDescent{1}, smallest, largest, -1), DomainError);
  CHECK_THROWS_AS(MaximaOnInterval(GradientDescent{1}, smallest, largest, -1), DomainError);
  MaximaOnInterval points(GradientDescent{1}, smallest, largest, 1);
  points.advance();
  CHECK_THROWS_AS(points.advance(), DomainError);
}

}  // namespace
}  // namespace unroll
