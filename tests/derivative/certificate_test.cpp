#include "unroll/derivative/certificate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "derivative/cases.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll {
namespace {

using test::Case;
constexpr Certify always = Certify::always;  // short runs would go without

/// How a bound fares over many random runs.
struct Tally {
  int runs = 0, broken = 0, good = 0, tight = 0;

  void add(const Certificate& c, double error, double rounding) {
    ++runs;
    if (!c.bound || !(error <= *c.bound * (1 + 1e-9) + rounding)) ++broken;
    if (c.verdict != Verdict::good) return;
    ++good;
    if (c.bound <= 100 * (error + rounding)) ++tight;
  }
};

/// A run of one of the solvers to a random T, log-uniform up to `most`.
Derivative random_run(const Problem& problem, const Vector& x0, const Vector& theta, const Spectrum& s,
                      Index most, test::Random& random) {
  std::uniform_real_distribution<double> uniform;
  const auto steps = static_cast<Index>(std::pow(static_cast<double>(most), uniform(random.engine)));
  const SolveOptions options{.steps = steps};
  const double choice = uniform(random.engine);
  if (choice < 0.5)
    return jacobian(problem, GradientDescent::large_step(s.smallest, s.largest), x0, theta, options,
                    Forward{.certify = always});
  if (choice < 0.75)
    return jacobian(problem, Chebyshev{s.smallest, s.largest}, x0, theta, options,
                    Forward{.certify = always});
  return jacobian(problem, GradientDescent::short_step(s.largest), x0, theta, options,
                  Implicit{.certify = always});
}

TEST_CASE(
    "on 2000 random quadratics the bound holds, and is within 100 times of the error where it is good") {
  test::Random random(1);
  std::uniform_real_distribution<double> uniform;
  Tally tally;
  for (unsigned i = 0; i < 2000; ++i) {
    const auto n = static_cast<Index>(2 + 10 * uniform(random.engine));
    const auto p = static_cast<Index>(1 + 3 * uniform(random.engine));
    const double condition = std::pow(10, 0.3 + 2.2 * uniform(random.engine));
    const auto c = test::random_quadratic(n, p, 1 / condition, 1, false, i);
    const Derivative d = random_run(c.problem, c.x0, c.theta, {1 / condition, 1}, 2000, random);
    const Matrix exact = c.problem.minimiser_jacobian(c.theta);
    CHECK(d.certificate.source == ConstantSource::exact);
    tally.add(d.certificate, (d.dx - exact).norm(), 1e-14 * condition * exact.norm());
  }
  MESSAGE("quadratics: " << tally.good << " good, " << tally.tight << " of them tight");
  CHECK(tally.broken == 0);
  CHECK(tally.good > 400);
  CHECK(tally.good < 1800);
  CHECK(tally.tight >= 0.9 * tally.good);
}

TEST_CASE("on 200 random logistic problems the bound holds, and is within 100 times of the error if good") {
  test::Random random(2);
  std::uniform_real_distribution<double> uniform;
  Tally tally;
  for (int i = 0; i < 200; ++i) {
    const auto n = static_cast<Index>(2 + 10 * uniform(random.engine));
    const Matrix A = random.matrix(30 + 5 * n, n);
    const Vector noise = random.vector(A.rows()), w = random.vector(n);
    const Vector y = (A * w + noise).unaryExpr([](double v) { return v > 0 ? 1.0 : -1.0; });
    const auto problem = std::make_shared<const LogisticProblem>(A, y);
    const Vector theta = Vector::Constant(1, std::pow(10, -2 + 2 * uniform(random.engine)));
    const Vector x0 = random.vector(n);
    const double L = spectrum(A.transpose() * A / (4.0 * static_cast<double>(A.rows()))).largest + theta[0];
    const Derivative d = random_run(*problem, x0, theta, {theta[0], L}, 3000, random);
    const Instance exact = make_instance(problem, theta, x0);
    CHECK(d.certificate.source == ConstantSource::known);
    tally.add(d.certificate, (d.dx - exact.jacobian).norm(), 1e-12 * exact.jacobian.norm());
  }
  MESSAGE("logistic: " << tally.good << " good, " << tally.tight << " of them tight");
  CHECK(tally.broken == 0);
  CHECK(tally.good > 40);
  CHECK(tally.good < 180);
  CHECK(tally.tight >= 0.9 * tally.good);
}

TEST_CASE("a certificate's residual vanishes for the implicit Jacobian, and not for another") {
  for (const Case& c : test::cases()) {
    CAPTURE(c.name);
    const GradientDescent solver = GradientDescent::short_step(c.spectrum.largest);
    const Derivative d =
        jacobian(*c.problem, solver, c.start, c.theta, {.steps = 5}, Implicit{.certify = always});
    CHECK(d.certificate.residual.value() <= 1e-12 * (1 + d.dx.norm()));
    CHECK(d.certificate.gradient_norm.value() == doctest::Approx(c.problem->gradient(d.x, c.theta).norm()));
    CHECK(certify(*c.problem, d.x, c.theta, 1.1 * d.dx).residual.value() > 1e-3 * d.dx.norm());
  }
}

TEST_CASE("a certificate of a product bounds its error, with one product in place of p") {
  const Case c = test::random_case();
  const GradientDescent solver = GradientDescent::large_step(c.spectrum.smallest, c.spectrum.largest);
  const Vector v = Vector::LinSpaced(3, -1, 2);
  for (const Index steps : {0, 3, 30, 300}) {
    CAPTURE(steps);
    const Jvp j = jvp(*c.problem, solver, c.start, c.theta, v, {.steps = steps}, Forward{.certify = always});
    const Vector exact = c.quadratic()->minimiser_jacobian(c.theta) * v;
    REQUIRE(j.certificate.bound);
    CHECK((j.dx - exact).norm() <= *j.certificate.bound * (1 + 1e-9) + 1e-13);
    CHECK(*j.certificate.bound <= 1000 * (j.dx - exact).norm() + 1e-11);
  }
}

TEST_CASE("a certificate of a pullback bounds its error on quadratics and logistic problems") {
  for (const Case& c : {test::random_case(), test::noncommuting_case(), test::logistic_case()}) {
    CAPTURE(c.name);
    const Vector w = Vector::LinSpaced(c.start.x.size(), -1, 2);
    const Vector exact = make_instance(c.problem, c.theta, c.start.x).jacobian.transpose() * w;
    const auto solver = Nesterov::optimal(c.spectrum.smallest, c.spectrum.largest);
    for (const Index steps : {1, 10, 50, 600}) {
      CAPTURE(steps);
      const Vjp v =
          vjp(*c.problem, solver, c.start, c.theta, w, {.steps = steps}, Reverse{.certify = always});
      CHECK(v.certificate.gradient_norm.value() > 0);
      REQUIRE(v.certificate.bound);  // by the sweep's own λ
      CHECK((v.dtheta - exact).norm() <= *v.certificate.bound * (1 + 1e-9) + 1e-11 * exact.norm());
      const Certificate certificate = certify_pullback(*c.problem, v.x, c.theta, w, v.dtheta);
      const double error = (v.dtheta - exact).norm();
      REQUIRE(certificate.bound);
      CHECK(error <= *certificate.bound * (1 + 1e-9) + 1e-11 * exact.norm());
      if (steps == 600) CHECK(certificate.verdict == Verdict::good);
      if (steps == 1) CHECK(certificate.verdict != Verdict::good);
    }
  }
}

TEST_CASE("before, inside and after the burn-in of gradient descent the verdict says so") {
  test::QuadraticCase c = test::random_quadratic(12, 2, 0.01, 1, true, 3);
  const auto solver = GradientDescent::large_step(0.01, 1);
  const auto verdict = [&](Index steps) {
    return jacobian(c.problem, solver, Vector(100 * c.x0), c.theta, {.steps = steps},
                    Forward{.certify = always})
        .certificate.verdict;
  };
  CHECK(verdict(1) == Verdict::not_converged);
  const auto is_inside = [&](Index steps) { return verdict(steps) == Verdict::inside_burn_in; };
  CHECK((is_inside(100) || is_inside(150) || is_inside(200) || is_inside(250)));
  CHECK(verdict(3000) == Verdict::good);
  CHECK(jacobian(c.problem, solver, Vector(100 * c.x0), c.theta, {.steps = 1}, Implicit{.certify = always})
            .certificate.verdict == Verdict::not_converged);
}

TEST_CASE("constants that the problem does not know are estimated, which the certificate says") {
  const Case c = test::template_case();  // ℓ ≥ 1
  const GradientDescent solver = GradientDescent::short_step(c.spectrum.largest);
  for (const Index steps : {3, 10, 40}) {
    const Derivative d =
        jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, Forward{.certify = always});
    const Vector minimiser = newton_minimiser(*c.problem, c.theta);
    const double error = (d.dx - implicit_jacobian(*c.problem, minimiser, c.theta)).norm();
    CHECK(d.certificate.source == ConstantSource::estimated);
    CHECK(d.certificate.message().find("by estimate") != std::string::npos);
    CHECK(*d.certificate.smallest_eigenvalue >= spectrum(c.problem->hessian(d.x, c.theta)).smallest - 1e-12);
    CHECK(error <= *d.certificate.bound * 1.5 + 1e-13);
    CHECK(*d.certificate.bound <= 100 * error + 1e-12);
  }
  const Derivative d =
      jacobian(*c.problem, solver, c.start, c.theta, {.steps = 40}, Forward{.certify = always});
  CHECK(d.certificate.verdict == Verdict::good);
  const CertifyOptions given{.smallest_eigenvalue = 0.5};
  const Certificate by_user = certify(*c.problem, d.x, c.theta, d.dx, nullptr, given);
  CHECK(*by_user.smallest_eigenvalue == 0.5);
  CHECK(by_user.source == ConstantSource::estimated);  // its Lipschitz constants still are
  const Case q = test::random_case();
  CHECK(certify(*q.problem, q.start.x, q.theta, q.start.dx, nullptr, given).source == ConstantSource::given);
}

TEST_CASE("where nothing bounds the error the verdict is unknown, and nothing throws") {
  const NoObjective none(3, 2);
  const Certificate c = certify(none, Vector::Ones(3), Vector::Ones(2), Matrix::Ones(3, 2));
  CHECK(c.verdict == Verdict::unknown);
  CHECK(!c.bound);
  CHECK(!c.gradient_norm);
  CHECK(c.message() == "unknown: no bound (gradient not measured, residual not measured)");
  const AffineQuadratic saddle(Matrix{{1.0, 0.0}, {0.0, -1.0}}, {Matrix::Identity(2, 2)}, Vector::Ones(2),
                               Matrix::Zero(2, 1));
  CHECK(certify(saddle, Vector::Ones(2), Vector::Zero(1), Matrix::Ones(2, 1)).verdict == Verdict::unknown);
}

TEST_CASE("certifying refuses arrays of the wrong size and options out of range") {
  const Case c = test::random_case();
  const Vector five = Vector::Ones(5);
  const auto refuse = [&](const CertifyOptions& o) {
    CHECK_THROWS_AS(certify(*c.problem, c.start.x, c.theta, c.start.dx, nullptr, o), DomainError);
  };
  CHECK_THROWS_AS(certify(*c.problem, five, c.theta, c.start.dx), ShapeError);
  CHECK_THROWS_WITH_AS(certify(*c.problem, c.start.x, c.theta, Matrix::Ones(3, 6)),
                       doctest::Contains("3x6, not 6x3"), ShapeError);
  CHECK_THROWS_AS(certify_tangent(*c.problem, c.start.x, c.theta, five, c.theta), ShapeError);
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    refuse({.smallest_eigenvalue = bad});
    refuse({.accuracy = bad});
  }
}

/// f = ½ dᵀ diag(1, ½, 10⁻⁴) d + weight Σ d⁴, d = x − θ.
struct Flat {
  double weight;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V d = x - theta;
    return 0.5 * dot(d, V(cwise_product(Vector{{1, 0.5, 1e-4}}, d))) + weight * sum(V(square(V(square(d)))));
  }
};

TEST_CASE("a flat direction is seen though the gradient has no part in it") {
  const Vector theta{{1, -1, 0}};  // x_0 = 0 is right in the last entry
  for (const double weight : {0.0, 0.25})
    for (const Index steps : {20, 35, 60, 300})
      for (const Method& method : {Method(Reverse{.certify = always}), Method(Forward{.certify = always})}) {
        CAPTURE(weight);
        CAPTURE(steps);
        const Derivative d = jacobian(make_problem(Flat{weight}, 3, 3), GradientDescent{0.3}, Vector::Zero(3),
                                      theta, {.steps = steps}, method);
        CHECK(d.certificate.verdict != Verdict::good);
        if (d.certificate.bound) CHECK(*d.certificate.bound >= 0.99 * (d.dx - Matrix::Identity(3, 3)).norm());
      }
}

}  // namespace
}  // namespace unroll
