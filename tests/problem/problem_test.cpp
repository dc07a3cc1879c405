#include "unroll/problem/problem.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>

#include "problem/differences.hpp"
#include "problem/problem_cases.hpp"
#include "support/numbers.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/spectrum.hpp"

namespace unroll {
namespace {

using test::central_differences;
using test::nan;
using test::problem_cases;
using test::relative_gap;

bool gives_parameter_gradient(const Problem& problem) {
  return dynamic_cast<const test::Coshes*>(&problem) == nullptr;
}

TEST_CASE("the gradients of every problem are the slopes of its value") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    const Matrix g = central_differences([&](const Vector& x) { return c.problem->value(x, c.theta); }, c.x);
    CHECK(relative_gap(c.problem->gradient(c.x, c.theta).transpose(), g) <= 1e-8);
    if (!gives_parameter_gradient(*c.problem)) continue;
    const Matrix h =
        central_differences([&](const Vector& theta) { return c.problem->value(c.x, theta); }, c.theta);
    CHECK(relative_gap(c.problem->parameter_gradient(c.x, c.theta).transpose(), h) <= 1e-8);
  }
}

TEST_CASE("the Hessian and the mixed derivative of every problem are the slopes of its gradient") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    const Matrix H =
        central_differences([&](const Vector& x) { return c.problem->gradient(x, c.theta); }, c.x);
    const Matrix M =
        central_differences([&](const Vector& theta) { return c.problem->gradient(c.x, theta); }, c.theta);
    CHECK(relative_gap(c.problem->hessian(c.x, c.theta), H) <= 1e-8);
    CHECK(relative_gap(c.problem->mixed(c.x, c.theta), M) <= 1e-8);
  }
}

TEST_CASE("second_order is linear in k tangents at once, those of theta included") {
  test::Random random(2);
  for (const auto& c : problem_cases()) {
    for (const Index k : {0, 1, 2, 5}) {
      CAPTURE(c.name);
      CAPTURE(k);
      const Matrix x_dot = random.matrix(c.x.size(), k), theta_dot = random.matrix(c.theta.size(), k);
      const SecondOrder s = c.problem->second_order(c.x, c.theta, x_dot, theta_dot);
      const Matrix H = c.problem->hessian(c.x, c.theta), M = c.problem->mixed(c.x, c.theta);
      CHECK(relative_gap(s.dx, H * x_dot + M * theta_dot) <= 1e-13);
      CHECK(relative_gap(c.problem->second_order(c.x, c.theta, x_dot, Matrix::Zero(c.theta.size(), k)).dtheta,
                         M.transpose() * x_dot) <= 1e-13);
      for (Index j = 0; j < k; ++j) {
        const SecondOrder one = c.problem->second_order(c.x, c.theta, x_dot.col(j), theta_dot.col(j));
        CHECK(relative_gap(one.dx, s.dx.col(j)) <= 1e-13);
        CHECK(relative_gap(one.dtheta, s.dtheta.col(j)) <= 1e-13);
      }
    }
  }
}

TEST_CASE(
    "the theta half of second_order is the slope of the parameter gradient, its theta-theta block included") {
  for (const auto& c : problem_cases()) {
    if (!gives_parameter_gradient(*c.problem)) continue;
    CAPTURE(c.name);
    const Index p = c.theta.size();
    const Matrix block =
        central_differences([&](const Vector& t) { return c.problem->parameter_gradient(c.x, t); }, c.theta);
    const Matrix zero = Matrix::Zero(c.x.size(), p);
    CHECK(relative_gap(c.problem->second_order(c.x, c.theta, zero, Matrix::Identity(p, p)).dtheta, block) <=
          1e-8);
  }
}

TEST_CASE("a problem written by hand and the template of the same f agree") {
  test::Random random(3);
  for (const auto& c : problem_cases()) {
    if (!c.twin) continue;
    CAPTURE(c.name);
    const Matrix x_dot = random.matrix(c.x.size(), 3), theta_dot = random.matrix(c.theta.size(), 3);
    const SecondOrder hand = c.problem->second_order(c.x, c.theta, x_dot, theta_dot);
    const SecondOrder twin = c.twin->second_order(c.x, c.theta, x_dot, theta_dot);
    CHECK(c.problem->value(c.x, c.theta) == doctest::Approx(c.twin->value(c.x, c.theta)).epsilon(1e-13));
    CHECK(relative_gap(c.problem->gradient(c.x, c.theta), c.twin->gradient(c.x, c.theta)) <= 1e-13);
    CHECK(relative_gap(c.problem->parameter_gradient(c.x, c.theta),
                       c.twin->parameter_gradient(c.x, c.theta)) <= 1e-13);
    CHECK(relative_gap(hand.dx, twin.dx) <= 1e-13);
    CHECK(relative_gap(hand.dtheta, twin.dtheta) <= 1e-13);
  }
}

TEST_CASE("a quadratic's minimiser has no gradient and moves with theta as its Jacobian says") {
  const auto c = test::random_quadratic(5, 2, 0.1, 2, false, 4);
  CHECK(c.problem.gradient(c.problem.minimiser(c.theta), c.theta).norm() <= 1e-13);
  const Matrix slope =
      central_differences([&](const Vector& theta) { return c.problem.minimiser(theta); }, c.theta);
  CHECK(relative_gap(c.problem.minimiser_jacobian(c.theta), slope) <= 1e-6);
  const AffineQuadratic concave(-Matrix::Identity(2, 2), {}, Vector::Ones(2), Matrix(2, 0));
  CHECK_THROWS_AS(concave.minimiser(Vector()), NumericalError);
  CHECK_THROWS_AS(concave.minimiser_jacobian(Vector()), NumericalError);
}

TEST_CASE("logistic regression stays finite and exact where the exponentials overflow") {
  const LogisticProblem problem(Matrix{{1.0}, {1.0}}, Vector{{1.0, -1.0}});
  const Vector theta = Vector::Constant(1, 1e-6);
  for (const double x : {-700.0, -40.0, 40.0, 700.0, 1e6}) {
    const Vector at = Vector::Constant(1, x);
    CHECK(problem.value(at, theta) == doctest::Approx(std::abs(x) / 2 + 0.5e-6 * x * x).epsilon(1e-14));
    CHECK(problem.gradient(at, theta)[0] == doctest::Approx((x > 0 ? 0.5 : -0.5) + 1e-6 * x).epsilon(1e-14));
    CHECK(problem.hessian(at, theta)(0, 0) == doctest::Approx(1e-6).epsilon(1e-9));
  }
}

TEST_CASE("a template problem without parameters, and one whose f is constant, have derivatives") {
  const auto none = make_problem([](const auto& x, const auto&) { return 0.5 * squared_norm(x); }, 3, 0);
  CHECK(none.gradient(Vector::Ones(3), Vector()) == Vector::Ones(3));
  CHECK(none.hessian(Vector::Ones(3), Vector()) == Matrix::Identity(3, 3));
  CHECK(none.mixed(Vector::Ones(3), Vector()).cols() == 0);
  CHECK(none.parameter_gradient(Vector::Ones(3), Vector()).size() == 0);
  const auto flat = make_problem([]<class V>(const V&, const V&) { return scalar_t<V>(1.0); }, 2, 1);
  CHECK(flat.gradient(Vector::Ones(2), Vector::Ones(1)) == Vector::Zero(2));
  CHECK(flat.parameter_gradient(Vector::Ones(2), Vector::Ones(1)) == Vector::Zero(1));
  CHECK(flat.hessian(Vector::Ones(2), Vector::Ones(1)) == Matrix::Zero(2, 2));
}

TEST_CASE("data of sizes that do not fit is refused, with the sizes") {
  CHECK_THROWS_WITH_AS(RidgeProblem(Matrix::Ones(4, 3), Vector::Ones(5)), "ridge: A is 4x3, y has 5 entries",
                       ShapeError);
  CHECK_THROWS_WITH_AS(LogisticProblem(Matrix::Ones(4, 3), Vector::Ones(5)),
                       "logistic: A is 4x3, y has 5 entries", ShapeError);
  CHECK_THROWS_AS(RidgeProblem(Matrix(0, 3), Vector()), ShapeError);
  CHECK_THROWS_AS(RidgeProblem(Matrix(3, 0), Vector::Ones(3)), ShapeError);
  CHECK_THROWS_AS(LogisticProblem(Matrix(0, 0), Vector()), ShapeError);
  const Matrix I = Matrix::Identity(2, 2);
  CHECK_THROWS_WITH_AS(AffineQuadratic(Matrix::Ones(2, 3), {}, Vector::Ones(2), Matrix(2, 0)),
                       "affine quadratic: H0 is 2x3, not 2x2", ShapeError);
  CHECK_THROWS_WITH_AS(AffineQuadratic(I, {I, Matrix::Ones(3, 3)}, Vector::Ones(2), Matrix::Ones(2, 2)),
                       "affine quadratic: E[1] is 3x3, not 2x2", ShapeError);
  CHECK_THROWS_AS(AffineQuadratic(I, {I}, Vector::Ones(3), Matrix::Ones(2, 1)), ShapeError);
  CHECK_THROWS_AS(AffineQuadratic(I, {I}, Vector::Ones(2), Matrix::Ones(2, 2)), ShapeError);
  CHECK_THROWS_AS(AffineQuadratic(Matrix(0, 0), {}, Vector(), Matrix(0, 0)), ShapeError);
  CHECK_THROWS_AS(make_problem(test::CurvedFunction{I}, 0, 1), ShapeError);
  CHECK_THROWS_AS(make_problem(test::CurvedFunction{I}, 1, -1), ShapeError);
}

TEST_CASE(
    "data that is not finite, a label that is no sign and a matrix that is not symmetric are refused, by "
    "name") {
  Matrix A = Matrix::Ones(2, 2);
  A(1, 0) = nan;
  CHECK_THROWS_WITH_AS(RidgeProblem(A, Vector::Ones(2)), "ridge: A(1, 0) is nan", DomainError);
  CHECK_THROWS_WITH_AS(RidgeProblem(Matrix::Ones(2, 2), Vector{{1.0, -nan}}), doctest::Contains("y[1] is"),
                       DomainError);
  CHECK_THROWS_AS(LogisticProblem(A, Vector::Ones(2)), DomainError);
  CHECK_THROWS_WITH_AS(LogisticProblem(Matrix::Ones(2, 2), Vector{{1.0, 0.0}}),
                       "logistic: label 1 is 0, not 1 or -1", DomainError);
  const Matrix I = Matrix::Identity(2, 2), skew{{1.0, 0.1}, {0.2, 1.0}};
  CHECK_THROWS_WITH_AS(AffineQuadratic(skew, {I}, Vector::Ones(2), Matrix::Ones(2, 1)),
                       "affine quadratic: H0 is not symmetric", DomainError);
  CHECK_THROWS_WITH_AS(AffineQuadratic(I, {skew}, Vector::Ones(2), Matrix::Ones(2, 1)),
                       "affine quadratic: E[0] is not symmetric", DomainError);
  CHECK_THROWS_AS(AffineQuadratic(nan * I, {I}, Vector::Ones(2), Matrix::Ones(2, 1)), DomainError);
  CHECK_THROWS_AS(AffineQuadratic(I, {I}, nan * Vector::Ones(2), Matrix::Ones(2, 1)), DomainError);
  CHECK_THROWS_AS(AffineQuadratic(I, {I}, Vector::Ones(2), nan * Matrix::Ones(2, 1)), DomainError);
}

TEST_CASE("theta outside the domain is refused") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    CHECK_NOTHROW(c.problem->check_domain(c.theta));
    CHECK_THROWS_AS(c.problem->check_domain(nan * c.theta), DomainError);
  }
  const RidgeProblem ridge(Matrix::Ones(2, 1), Vector::Ones(2));
  const LogisticProblem logistic(Matrix::Ones(2, 1), Vector::Ones(2));
  for (const double theta : {0.0, -0.1, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(ridge.check_domain(Vector::Constant(1, theta)), DomainError);
    CHECK_THROWS_AS(logistic.check_domain(Vector::Constant(1, theta)), DomainError);
  }
}

TEST_CASE("a Hessian and a mixed derivative at a point of the wrong size are refused, with the sizes") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    const Vector longer = Vector::Ones(c.x.size() + 1), more = Vector::Ones(c.theta.size() + 1);
    CHECK_THROWS_AS(c.problem->hessian(longer, c.theta), ShapeError);
    CHECK_THROWS_AS(c.problem->hessian(c.x, more), ShapeError);
    CHECK_THROWS_AS(c.problem->mixed(longer, c.theta), ShapeError);
    CHECK_THROWS_AS(c.problem->mixed(c.x, more), ShapeError);
  }
}

TEST_CASE("a minimiser at a theta of the wrong size is refused") {
  const auto c = test::random_quadratic(3, 2, 0.1, 2, false, 4);
  CHECK_THROWS_AS(c.problem.minimiser(Vector::Ones(1)), ShapeError);
  CHECK_THROWS_AS(c.problem.minimiser_jacobian(Vector::Ones(3)), ShapeError);
}

TEST_CASE("what a problem knows of its curvature holds at every point") {
  test::Random random(9);
  Index known = 0, self_concordant = 0;
  for (const test::ProblemCase& c : test::problem_cases()) {
    const std::optional<Curvature> curvature = c.problem->curvature(c.theta);
    if (!curvature) continue;
    CAPTURE(c.name);
    ++known;
    for (int i = 0; i < 100; ++i) {
      const double scale = std::pow(10, i % 3 - 1);
      const Vector x = scale * random.vector(c.x.size()), there = x + scale * random.vector(c.x.size());
      const Matrix H = c.problem->hessian(x, c.theta), M = c.problem->mixed(x, c.theta);
      const double distance = (1 + 1e-12) * (there - x).norm();
      CHECK(spectrum(H).smallest >= curvature->smallest_eigenvalue - 1e-12);
      if (curvature->exact) CHECK(spectrum(H).smallest <= curvature->smallest_eigenvalue + 1e-12);
      CHECK((c.problem->hessian(there, c.theta) - H).operatorNorm() <=
            *curvature->hessian_lipschitz * distance + 1e-13);
      CHECK((c.problem->mixed(there, c.theta) - M).norm() <= *curvature->mixed_lipschitz * distance);
      if (!curvature->self_concordance) continue;
      ++self_concordant;
      const Matrix most = std::exp(*curvature->self_concordance * distance) * H;
      CHECK(spectrum(most - c.problem->hessian(there, c.theta)).smallest >= -1e-12 * most.norm());
    }
  }
  CHECK(known == 3);
  CHECK(self_concordant > 0);
}

TEST_CASE("the Lipschitz constant of a logistic Hessian is attained by one row, across its bend") {
  // One row a: ‖H(x) − H(x')‖ = |s'(z) − s'(z')| ‖a‖², steepest at s = (3 ± √3)/6.
  const Vector a = Vector::LinSpaced(3, 1, 2);
  const LogisticProblem problem(a.transpose(), Vector::Ones(1));
  const Vector theta = Vector::Ones(1);
  const double bend = std::log(2 + std::sqrt(3.0)), h = 1e-4;
  const Vector along = a / a.squaredNorm();
  const double slope =
      (problem.hessian((bend + h) * along, theta) - problem.hessian((bend - h) * along, theta))
          .operatorNorm() /
      (2 * h * along.norm());
  CHECK(slope == doctest::Approx(*problem.curvature(theta)->hessian_lipschitz).epsilon(1e-6));
}

}  // namespace
}  // namespace unroll
