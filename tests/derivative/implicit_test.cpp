#include "unroll/derivative/implicit.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using test::Case;
using test::central_differences;

TEST_CASE(
    "at convergence unrolled and implicit Jacobians of logistic regression agree, and with central "
    "differences") {
  const Case c = test::logistic_case();
  const auto solver = Nesterov::optimal(c.spectrum.smallest, c.spectrum.largest);
  const SolveOptions options{.steps = 400};
  const Derivative reverse = jacobian(*c.problem, solver, c.start, c.theta, options, Reverse{});
  const Derivative forward = jacobian(*c.problem, solver, c.start, c.theta, options, Forward{});
  const Derivative implicit = jacobian(*c.problem, solver, c.start, c.theta, options, Implicit{});
  const auto end = [&](const Vector& theta) {
    return solve(*c.problem, solver, c.start.x, theta, options).x();
  };
  const Matrix slope = central_differences(end, c.theta);
  const double scale = implicit.dx.norm();
  REQUIRE(scale > 0.1);
  CHECK((reverse.dx - implicit.dx).norm() <= 1e-8 * scale);
  CHECK((forward.dx - implicit.dx).norm() <= 1e-8 * scale);
  CHECK((reverse.dx - slope).norm() <= 1e-6 * scale);
  CHECK((implicit.dx - slope).norm() <= 1e-6 * scale);
  CHECK(implicit.certificate.gradient_norm <= 1e-12);
}

TEST_CASE("at its minimiser the implicit Jacobian of a quadratic is the Jacobian of the minimiser") {
  for (const Case& c : {test::ridge_case(), test::noncommuting_case(), test::random_case()}) {
    CAPTURE(c.name);
    const Vector x = c.quadratic()->minimiser(c.theta);
    const Matrix expected = c.quadratic()->minimiser_jacobian(c.theta);
    CHECK((implicit_jacobian(*c.problem, x, c.theta) - expected).norm() <= 1e-12 * expected.norm());
    const Vector w = Vector::LinSpaced(x.size(), -1, 2);
    CHECK((implicit_vjp(*c.problem, x, c.theta, w) - expected.transpose() * w).norm() <=
          1e-12 * expected.norm() * w.norm());
  }
}

TEST_CASE("a certificate's residual vanishes for the implicit Jacobian, and not for another") {
  for (const Case& c : test::cases()) {
    CAPTURE(c.name);
    const GradientDescent solver = GradientDescent::short_step(c.spectrum.largest);
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, {.steps = 5}, Implicit{});
    CHECK(d.certificate.residual <= 1e-12 * (1 + d.dx.norm()));
    CHECK(d.certificate.gradient_norm == doctest::Approx(c.problem->gradient(d.x, c.theta).norm()));
    CHECK(certify(*c.problem, d.x, c.theta, 1.1 * d.dx).residual > 1e-3 * d.dx.norm());
  }
}

TEST_CASE("an unrolled Jacobian is as near to the implicit one as its certificate says") {
  for (const Case& c : test::cases()) {
    const auto solver = GradientDescent::large_step(c.spectrum.smallest, c.spectrum.largest);
    for (const Index steps : {0, 1, 10, 100}) {
      CAPTURE(c.name);
      CAPTURE(steps);
      const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, Forward{});
      const Matrix here = implicit_jacobian(*c.problem, d.x, c.theta);
      CHECK((d.dx - here).norm() <= d.certificate.bound(c.spectrum.smallest) * (1 + 1e-9) + 1e-12);
      if (!c.quadratic()) continue;
      double slopes = 0;
      for (Index i = 0; i < c.theta.size(); ++i)
        slopes += std::pow(c.quadratic()->hessian_derivative(i, c.theta).operatorNorm(), 2);
      const double l = c.spectrum.smallest;
      const double bound = (d.certificate.residual + std::sqrt(slopes) * d.certificate.gradient_norm / l) / l;
      CHECK((d.dx - c.quadratic()->minimiser_jacobian(c.theta)).norm() <= bound * (1 + 1e-9) + 1e-12);
    }
  }
}

TEST_CASE("where H is not positive definite the implicit method says so and the others do not care") {
  const Matrix H{{1.0, 0.0}, {0.0, -1.0}};
  const AffineQuadratic saddle(H, {Matrix::Identity(2, 2)}, Vector::Ones(2), Matrix::Zero(2, 1));
  const Vector x0 = Vector::Ones(2), theta = Vector::Zero(1);
  const GradientDescent solver{0.1};
  CHECK_THROWS_AS(implicit_jacobian(saddle, x0, theta), NumericalError);
  CHECK_THROWS_AS(implicit_vjp(saddle, x0, theta, x0), NumericalError);
  CHECK_THROWS_WITH_AS(jacobian(saddle, solver, x0, theta, {.steps = 3}, Implicit{}),
                       doctest::Contains("pivot 1"), NumericalError);
  CHECK(jacobian(saddle, solver, x0, theta, {.steps = 3}, Forward{}).dx.allFinite());
}

TEST_CASE("implicit and certifying functions refuse arrays of the wrong size") {
  const Case c = test::random_case();
  const Vector five = Vector::Ones(5);
  const Vector& x = c.start.x;
  CHECK_THROWS_AS(implicit_jacobian(*c.problem, five, c.theta), ShapeError);
  CHECK_THROWS_AS(implicit_jacobian(*c.problem, x, five), ShapeError);
  CHECK_THROWS_AS(implicit_vjp(*c.problem, five, c.theta, x), ShapeError);
  CHECK_THROWS_AS(implicit_vjp(*c.problem, x, c.theta, five), ShapeError);
  CHECK_THROWS_AS(certify(*c.problem, five, c.theta, c.start.dx), ShapeError);
  CHECK_THROWS_WITH_AS(certify(*c.problem, x, c.theta, Matrix::Ones(3, 6)), doctest::Contains("3x6, not 6x3"),
                       ShapeError);
  for (const double l : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(Certificate().bound(l), DomainError);
}

}  // namespace
}  // namespace unroll
