#include "unroll/theory/residual_polynomial.hpp"

#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using Real = long double;

/// A number and its derivative in λ.
struct Jet {
  Real value, slope = 0;
  Jet(Real v, Real s = 0) : value(v), slope(s) {}
};
Jet operator-(Jet a, Jet b) { return {a.value - b.value, a.slope - b.slope}; }
Jet operator*(Jet a, Jet b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
Jet operator/(Jet a, Jet b) {
  return {a.value / b.value, (a.slope * b.value - a.value * b.slope) / (b.value * b.value)};
}
Jet sqrt(Jet a) { return {std::sqrt(a.value), a.slope / (2 * std::sqrt(a.value))}; }
Jet acos(Jet a) { return {std::acos(a.value), -a.slope / std::sqrt(1 - a.value * a.value)}; }
Jet cos(Jet a) { return {std::cos(a.value), -std::sin(a.value) * a.slope}; }
Jet sin(Jet a) { return {std::sin(a.value), std::cos(a.value) * a.slope}; }
Jet pow(Jet a, Index t) {
  return {std::pow(a.value, Real(t)), Real(t) * std::pow(a.value, Real(t - 1)) * a.slope};
}

// The polynomials of the four methods in closed form; T and U are Chebyshev's polynomials, on (−1, 1).
Jet T(Index t, Jet z) { return cos(Real(t) * acos(z)); }
Jet U(Index t, Jet z) { return sin(Real(t + 1) * acos(z)) / sin(acos(z)); }

struct GradientDescentForm {
  Real h;
  Jet operator()(Index t, Jet lambda) const { return pow(1 - h * lambda, t); }
};
struct HeavyBallForm {
  Real h, m;
  Jet operator()(Index t, Jet lambda) const {
    const Real r = std::sqrt(m);
    const Jet z = (1 + m - h * lambda) / (2 * r);
    return pow(r, t) * (U(t, z) - r * U(t - 1, z));
  }
};
struct NesterovForm {
  Real h, m;
  Jet operator()(Index t, Jet lambda) const {
    const Jet q = 1 - h * lambda, r = sqrt(m * q), z = (1 + m) * q / (2 * r);
    return pow(r, t) * (U(t, z) - r * U(t - 1, z));
  }
};
struct ChebyshevForm {
  Real l, L;
  Jet operator()(Index t, Jet lambda) const {
    return T(t, (L + l - 2 * lambda) / (L - l)) / std::cosh(Real(t) * std::acosh((L + l) / (L - l)));
  }
};

/// Largest difference of P_t and P'_t from the closed form, relative to the largest value over the points, at
/// any t ≤ steps.
template <class M, class Form>
void check_against(const M& method, const Form& form, const Vector& lambda, double tolerance) {
  ResidualPolynomial polynomial(method, lambda);
  CHECK(polynomial.value() == Vector::Ones(lambda.size()));
  CHECK(polynomial.derivative() == Vector::Zero(lambda.size()));
  for (Index t = 1; t <= 300; ++t) {
    polynomial.advance();
    Vector value(lambda.size()), derivative(lambda.size());
    for (Index j = 0; j < lambda.size(); ++j) {
      const Jet P = form(t, Jet(lambda[j], 1));
      value[j] = static_cast<double>(P.value);
      derivative[j] = static_cast<double>(P.slope);
    }
    CAPTURE(t);
    REQUIRE(test::largest((polynomial.value() - value).cwiseAbs()) <=
            tolerance * test::largest(value.cwiseAbs()));
    REQUIRE(test::largest((polynomial.derivative() - derivative).cwiseAbs()) <=
            tolerance * test::largest(derivative.cwiseAbs()));
  }
  CHECK(polynomial.degree() == 300);
}

TEST_CASE("P and P' of the four methods are those of their closed forms") {
  for (const double kappa : {3.0, 100.0, 1e4}) {
    CAPTURE(kappa);
    const double L = 2, l = L / kappa;
    // Inside the interval: at its ends the closed forms are 0/0.
    const Vector lambda = Vector::LinSpaced(9, std::log(1.02 * l), std::log(0.97 * L)).array().exp();
    const auto gd = GradientDescent::large_step(l, L);
    check_against(gd, GradientDescentForm{gd.step_size}, lambda, 1e-12);
    const auto short_step = GradientDescent::short_step(L);
    check_against(short_step, GradientDescentForm{short_step.step_size}, lambda, 1e-12);
    const auto ball = HeavyBall::optimal(l, L);
    check_against(ball, HeavyBallForm{ball.step_size, ball.momentum}, lambda, 1e-10);
    const auto nesterov = Nesterov::optimal(l, L);
    check_against(nesterov, NesterovForm{nesterov.step_size, nesterov.momentum}, lambda, 1e-10);
    check_against(Chebyshev{l, L}, ChebyshevForm{l, L}, lambda, 1e-11);
  }
}

template <class M, class Form>
void check_divided_differences(const M& method, const Form& form, const Vector& lambda) {
  DividedDifferences differences(method, lambda);
  ResidualPolynomial polynomial(method, lambda);
  CHECK(differences.value() == Matrix::Zero(lambda.size(), lambda.size()));
  for (Index t = 1; t <= 100; ++t) {
    differences.advance();
    polynomial.advance();
    CAPTURE(t);
    const Matrix value = differences.value();
    const double scale = test::largest(value.cwiseAbs());
    REQUIRE(test::largest((value - value.transpose()).cwiseAbs()) <= 1e-11 * scale);
    REQUIRE(test::largest((value.diagonal() - polynomial.derivative()).cwiseAbs()) <= 1e-13 * scale);
    REQUIRE(test::largest((differences.polynomial() - polynomial.value()).cwiseAbs()) <= 1e-15);
    for (Index j = 0; j < lambda.size(); ++j) {
      for (Index k = 0; k < lambda.size(); ++k) {
        if (std::abs(lambda[j] - lambda[k]) < 1e-3) continue;
        const Real quotient =
            (form(t, lambda[j]).value - form(t, lambda[k]).value) / (Real(lambda[j]) - Real(lambda[k]));
        REQUIRE(std::abs(value(j, k) - static_cast<double>(quotient)) <= 1e-11 * scale);
      }
    }
  }
}

TEST_CASE("divided differences are the quotients, symmetric, with P' on the diagonal") {
  const double l = 0.02, L = 2;
  const Vector lambda = Vector::LinSpaced(6, 1.02 * l, 0.97 * L);
  const auto gd = GradientDescent::large_step(l, L);
  check_divided_differences(gd, GradientDescentForm{gd.step_size}, lambda);
  const auto ball = HeavyBall::optimal(l, L);
  check_divided_differences(ball, HeavyBallForm{ball.step_size, ball.momentum}, lambda);
  const auto nesterov = Nesterov::optimal(l, L);
  check_divided_differences(nesterov, NesterovForm{nesterov.step_size, nesterov.momentum}, lambda);
  check_divided_differences(Chebyshev{l, L}, ChebyshevForm{l, L}, lambda);
}

TEST_CASE(
    "divided differences of eigenvalues that nearly coincide are P', where the quotient has no digit left") {
  const Vector lambda{{0.5, 0.5 + 1e-15, 0.5}};
  DividedDifferences differences(Chebyshev{0.01, 1}, lambda);
  ResidualPolynomial polynomial(Chebyshev{0.01, 1}, lambda);
  for (int t = 0; t < 60; ++t) {
    differences.advance();
    polynomial.advance();
  }
  const double derivative = polynomial.derivative()[0];
  CHECK(test::largest((differences.value().array() / derivative - 1).abs()) <= 1e-10);
}

TEST_CASE("P_t(H)(x_0 − x*) is the error of the run itself") {
  const double l = 0.05, L = 1;
  const auto [problem, theta, x0, dx0] = test::random_quadratic(12, 1, l, L, false, 7);
  const Vector lambda = Vector::LinSpaced(12, std::log(l), std::log(L)).array().exp();
  const Vector minimiser = problem.hessian_matrix(theta).ldlt().solve(-problem.linear_term(theta));
  const auto check = [&, &problem = problem, &theta = theta, &x0 = x0](const auto& method) {
    const Trajectory run = solve(problem, method, x0, theta, {.steps = 50});
    ResidualPolynomial polynomial(method, lambda);
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(problem.hessian_matrix(theta));
    const Matrix& V = eigen.eigenvectors();
    for (const Vector& x : run.iterates) {
      const Vector predicted =
          minimiser + V * polynomial.value().cwiseProduct(V.transpose() * (x0 - minimiser));
      CHECK((x - predicted).norm() <= 1e-12);
      polynomial.advance();
    }
  };
  check(GradientDescent::large_step(l, L));
  check(HeavyBall::optimal(l, L));
  check(Nesterov::optimal(l, L));
  check(Chebyshev{l, L});
}

TEST_CASE("a copy of a residual polynomial goes on by itself") {
  ResidualPolynomial polynomial(Chebyshev{0.1, 1}, Vector{{0.1, 0.4, 1.0}});
  for (int t = 0; t < 5; ++t) polynomial.advance();
  ResidualPolynomial copy = polynomial;
  copy.advance();
  CHECK(polynomial.degree() == 5);
  CHECK(copy.degree() == 6);
  polynomial.advance();
  CHECK(copy.value() == polynomial.value());
}

TEST_CASE("no eigenvalue, one that is not finite, or a method that is none: each is refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const GradientDescent method{0.1};
  CHECK_THROWS_AS(ResidualPolynomial(method, Vector()), ShapeError);
  CHECK_THROWS_AS(DividedDifferences(method, Vector()), ShapeError);
  CHECK_THROWS_AS(ResidualPolynomial(method, Vector{{1.0, nan}}), DomainError);
  CHECK_THROWS_AS(DividedDifferences(method, Vector{{1.0, nan}}), DomainError);
  CHECK_THROWS_AS(ResidualPolynomial(GradientDescent{-1}, Vector::Ones(1)), DomainError);
  CHECK_THROWS_AS(DividedDifferences(Chebyshev{2, 1}, Vector::Ones(1)), DomainError);
  static_assert(!PolynomialMethod<int> && PolynomialMethod<SobolevMeasure>);
}

}  // namespace
}  // namespace unroll
