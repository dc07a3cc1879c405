// Derivatives to a named accuracy, and what their certificates cost.
#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <cmath>

#include "derivative/data_instances.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll {
namespace {

using test::Case;

TEST_CASE("the accuracy that is asked for is reached, on data, and the certificate says so") {
  for (const char* const data : {"auto_mpg", "breast_cancer_diagnostic", "breast_cancer_original"}) {
    const bool logistic = std::string_view(data) == "breast_cancer_original";
    const Setup setup = set_up({.data = data,
                                .loss = logistic ? "logistic" : "ridge",
                                .theta = logistic ? 0.1 : 0.01,
                                .data_directory = UNROLL_DATA_DIR});
    const Instance& i = setup.instance;
    const auto [l, L] = std::pair(i.spectrum.smallest, i.spectrum.largest);
    const Vector w = Vector::LinSpaced(i.start.size(), -1, 1), exact = i.jacobian.transpose() * w;
    const auto check = [&](const auto& solver) {
      for (const double accuracy : {1e-2, 1e-4, 1e-8}) {
        CAPTURE(accuracy);
        const Vjp v = vjp(*i.problem, solver, i.start, i.theta, w, {.steps = 10000}, Certified{accuracy});
        CAPTURE(v.path);
        CHECK(v.status == Status::converged);
        CHECK(v.certificate.verdict == Verdict::good);
        CHECK((v.dtheta - exact).norm() <= accuracy * exact.norm());
        const Derivative d =
            jacobian(*i.problem, solver, i.start, i.theta, {.steps = 10000}, Certified{accuracy});
        CHECK(d.certificate.verdict == Verdict::good);
        CHECK((d.dx - i.jacobian).norm() <= accuracy * i.jacobian.norm());
      }
    };
    check(GradientDescent{1 / L});
    check(HeavyBall::optimal(l, L));
    check(Nesterov::optimal(l, L));
    check(Chebyshev{l, L});
  }
}

TEST_CASE("from where the mixed derivative vanishes, and of Jacobians wide and tall") {
  // Of ridge M = x, which is zero at x_0 = 0: nothing at x_0 tells how far x must go.
  const AffineQuadratic uneven(Matrix(Vector{{1, 1e-8}}.asDiagonal()), {1e-8 * Matrix::Identity(2, 2)},
                               Vector::Ones(2), Matrix::Zero(2, 1));
  const Vjp v = vjp(uneven, GradientDescent{1}, Vector(Vector::Zero(2)), Vector(Vector::Zero(1)),
                    Vector(Vector::Ones(2)), {.steps = 100}, Certified{0.01});
  CHECK(v.status == Status::converged);
  CHECK(v.dtheta[0] == doctest::Approx(1e8).epsilon(0.01));
  for (const char* const data : {"auto_mpg", "breast_cancer_diagnostic", "wine_quality_red"})
    for (const double theta : {0.01, 1e-6}) {
      CAPTURE(data);
      CAPTURE(theta);
      const Setup setup =
          set_up({.data = data, .loss = "ridge", .theta = theta, .data_directory = UNROLL_DATA_DIR});
      const Instance& i = setup.instance;
      const Vector w = Vector::Ones(i.start.size()), exact = i.jacobian.transpose() * w;
      const auto from = [&](const Vector& x0) {
        return vjp(*i.problem, GradientDescent{1 / i.spectrum.largest}, x0, i.theta, w, {.steps = 1000},
                   Certified{1e-6});
      };
      const Vjp zero = from(0 * w), ones = from(w);
      CHECK(zero.certificate.verdict == Verdict::good);
      CHECK((zero.dtheta - exact).norm() <= 1e-6 * exact.norm());
      const auto spent = [](const Vjp& d) { return d.cost.gradients + d.cost.hessian_vector_products; };
      CHECK(spent(zero) <= 1.5 * static_cast<double>(spent(ones)));
    }
  for (const Index p : {3, 9}) {
    const test::QuadraticCase c = test::random_quadratic(6, p, 0.01, 1, false, 5);
    const Matrix exact = c.problem.minimiser_jacobian(c.theta);
    for (const double accuracy : {1e-2, 1e-8}) {
      const Derivative d =
          jacobian(c.problem, GradientDescent{1}, c.x0, c.theta, {.steps = 50}, Certified{accuracy});
      CHECK(d.certificate.verdict == Verdict::good);
      CHECK((d.dx - exact).norm() <= accuracy * exact.norm());
    }
  }
}

TEST_CASE("an adjoint to start from that is none is refused") {
  const Case c = test::random_case();
  const auto by = [&](const Vector& adjoint) {
    return vjp(*c.problem, GradientDescent{0.4}, c.start, c.theta, Vector(Vector::Ones(6)), {.steps = 3},
               Certified{.adjoint = adjoint});
  };
  CHECK_THROWS_WITH_AS(by(Vector::Ones(3)), doctest::Contains("adjoint has 3 entries"), ShapeError);
  CHECK_THROWS_WITH_AS(by(Vector::Constant(6, std::nan(""))), doctest::Contains("adjoint has entries"),
                       DomainError);
}

TEST_CASE("an accuracy that cannot be reached is not claimed") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  const auto by = [&](const Certified& method, Index steps) {
    return vjp(*c.problem, GradientDescent{0.4}, c.start, c.theta, w, {.steps = steps}, method);
  };
  const Vjp few = by({.accuracy = 1e-10, .max_products = 5}, 3);
  CHECK(few.status == Status::step_limit);
  CHECK(few.certificate.verdict != Verdict::good);
  CHECK(few.path.find("not reached with the products allowed") != std::string::npos);
  CHECK(by({.accuracy = 1e-10}, 3).status == Status::converged);
  for (const double accuracy : {0.0, -1.0, 1e-17, 1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH_AS(by({.accuracy = accuracy}, 3), doctest::Contains("accuracy"), DomainError);
  CHECK_THROWS_AS(by({.max_products = -1}, 3), DomainError);
  const AffineQuadratic hill(Matrix{{-1.0, 0.0}, {0.0, -2.0}}, {Matrix::Identity(2, 2)}, Vector::Ones(2),
                             Matrix::Zero(2, 1));
  CHECK_THROWS_WITH_AS(vjp(hill, GradientDescent{0.1}, Vector::Ones(2), Vector::Zero(1), Vector::Ones(2),
                           {.steps = 3}, Certified{}),
                       doctest::Contains("H is not positive definite"), NumericalError);
  CHECK_THROWS_AS(vjp(NoObjective(2, 1), GradientDescent{0.1}, Vector::Ones(2), Vector::Zero(1),
                      Vector::Ones(2), {.steps = 3}, Certified{}),
                  UnsupportedError);
  CHECK_THROWS_AS(
      vjp(*c.problem, ProximalGradient<L1>{0.1, {}}, c.start, c.theta, w, {.steps = 3}, Certified{}),
      UnsupportedError);
}

TEST_CASE("from far away, after a single step of the solver, the accuracy is reached all the same") {
  for (const char* const data : {"auto_mpg", "breast_cancer_diagnostic", "wine_quality_red"})
    for (const double away : {1.0, 10.0, 1e3}) {
      CAPTURE(data);
      CAPTURE(away);
      const Instance i = test::data_instance(data, "logistic", 0.01, away);
      const Vector w = Vector::LinSpaced(i.start.size(), -1, 1), exact = i.jacobian.transpose() * w;
      const Vjp v = vjp(*i.problem, GradientDescent{1.0}, i.start, i.theta, w, {.steps = 1}, Certified{1e-6});
      CAPTURE(v.path);
      CHECK(v.certificate.verdict == Verdict::good);
      CHECK((v.dtheta - exact).norm() <= 1e-6 * exact.norm());
    }
}

TEST_CASE("where the problem knows no constants the accuracy is reached by estimate, which is said") {
  const Case c = test::template_case();
  const Vector w = Vector::LinSpaced(c.start.x.size(), 1, 2);
  const Vector x = make_instance(c.problem, c.theta, c.start.x).minimiser;
  const Vector exact = implicit_vjp(*c.problem, x, c.theta, w);
  for (const double accuracy : {1e-2, 1e-6}) {
    const Vjp v = vjp(*c.problem, GradientDescent{1 / c.spectrum.largest}, c.start, c.theta, w,
                      {.steps = 500}, Certified{accuracy});
    CHECK(v.certificate.verdict == Verdict::good);
    CHECK(v.certificate.estimated());
    CHECK((v.dtheta - exact).norm() <= accuracy * exact.norm());
  }
}

TEST_CASE("a hypergradient to an accuracy: the cotangent is taken where x has come to") {
  const Case c = test::ridge_case();
  const auto outer = [](const auto& x, const auto&) { return 0.5 * squared_norm(x); };
  const Instance exact = make_instance(c.problem, c.theta, c.start.x);
  const Vector expected = exact.jacobian.transpose() * exact.minimiser;
  const Hypergradient h = hypergradient(outer, *c.problem, GradientDescent{1 / c.spectrum.largest}, c.start,
                                        c.theta, {.steps = 3000}, Certified{1e-6});
  CHECK((h.dtheta - expected).norm() <= 1e-5 * expected.norm());
  CHECK(h.value == doctest::Approx(0.5 * h.x.squaredNorm()).epsilon(1e-12));
}

TEST_CASE("where the problem's derivative is not finite, by theta, that is the status of the derivative") {
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) {
        return 0.5 * squared_norm(x) - sqrt(theta[0]) * x[0] - theta[1] * x[1];
      },
      2, 2);
  const auto of = jacobian(problem, GradientDescent{0.5}, Vector::Zero(2), Vector{{0.0, 1.0}}, {.steps = 200},
                           Certified{});
  CHECK(of.status == Status::non_finite_derivative);
}

TEST_CASE("a certificate of a pullback keeps to its share of the cost unless it is asked for") {
  const Case c = test::ridge_case();
  const Vector w = Vector::Ones(c.start.x.size());
  const auto by = [&](Index steps, Certify certify) {
    return vjp(*c.problem, GradientDescent{0.1}, c.start, c.theta, w, {.steps = steps},
               Reverse{.certify = certify});
  };
  for (const Index steps : {5, 50, 500}) {
    const Vjp bare = by(steps, Certify::never), v = by(steps, Certify::automatic);
    const auto spent = [](const Vjp& d) {
      return static_cast<double>(d.cost.gradients + d.cost.hessian_vector_products);
    };
    CHECK(spent(v) <= 1.1 * spent(bare) + 1);
    CHECK(v.dtheta == bare.dtheta);
    if (steps >= 50) CHECK(v.certificate.bound);
    CHECK(by(steps, Certify::always).certificate.bound);
  }
}

}  // namespace
}  // namespace unroll
