// Derivatives to a named accuracy, and certificates of pullbacks: never violated, and near the truth.
#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <random>

#include "derivative/cases.hpp"
#include "support/counts.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
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

/// What the bounds of many runs were worth.
struct PullbackTally {
  int bounds = 0, good = 0, near = 0, wrong = 0, violated = 0, too_low = 0;

  /// `floor` is what rounding may do.
  void add(const Certificate& c, double error, double floor) {
    if (!c.bound) return;
    ++bounds;
    if (error > *c.bound + floor) ++violated;
    if (c.at_least && error < *c.at_least - floor) ++too_low;
    if (c.verdict == Verdict::wrong_by_at_least) ++wrong;
    if (c.verdict != Verdict::good) return;
    ++good;
    if (*c.bound <= 100 * error + floor) ++near;
  }
  /// `share` of the good ones within 100 times of the error.
  void check(int least, double share) const {
    MESSAGE(bounds, " bounds, ", good, " good, ", near, " of them within 100 times of the error, ", wrong,
            " wrong");
    CHECK(bounds >= least);
    CHECK(violated == 0);
    CHECK(too_low == 0);
    CHECK(near >= share * good);
  }
};

/// F = ‖x − 1‖²/2 + Σθ/10.
struct DistanceToOnes {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - Vector::Ones(x.size()))) + 0.1 * sum(theta);
  }
};

/// A product and a hypergradient of one run by three methods, against ∂x* at x*.
template <class S>
void tally(PullbackTally& products, PullbackTally& hypergradients, const Problem& problem, const S& solver,
           const Vector& x0, const Vector& theta, Index steps, const Matrix& exact, const Vector& minimiser,
           double smallest) {
  const Vector w = Vector::LinSpaced(x0.size(), -1, 2), pulled = exact.transpose() * w;
  const Vector outer =
      exact.transpose() * (minimiser - Vector::Ones(x0.size())) + Vector::Constant(theta.size(), 0.1);
  for (const bool corrected : {false, true}) {
    const Reverse method{.corrected = corrected, .certify = Certify::always};
    const auto floor = [&](const Vector& d, const Vector& of) {
      return 1e-14 / smallest * (d.norm() + of.norm());
    };
    const Vjp v = vjp(problem, solver, x0, theta, w, {.steps = steps}, method);
    products.add(v.certificate, (v.dtheta - pulled).norm(), floor(v.dtheta, pulled));
    const Hypergradient h =
        hypergradient(DistanceToOnes{}, problem, solver, x0, theta, {.steps = steps}, method);
    hypergradients.add(h.certificate, (h.dtheta - outer).norm(), floor(h.dtheta, outer));
  }
}

double uniform(std::mt19937_64& random, double a, double b) {
  return std::uniform_real_distribution<double>(a, b)(random);
}

/// n ≤ 12, p ≤ 4, κ up to 10⁸, commuting or not; any solver with a polynomial, any T.
TEST_CASE(
    "bounds of pullbacks of random quadratics are never violated above rounding, lower bounds neither") {
  std::mt19937_64 random(7);
  PullbackTally products, hypergradients;
  const int count = test::repetitions(250);
  for (int seed = 0; seed < count; ++seed) {
    const auto n = static_cast<Index>(uniform(random, 2, 13)), p = static_cast<Index>(uniform(random, 1, 5));
    const double l = std::pow(10, -uniform(random, 0, 8)), L = 1;
    const test::QuadraticCase c =
        test::random_quadratic(n, p, l, L, seed % 2 == 0, static_cast<unsigned>(seed));
    const auto steps = static_cast<Index>(std::pow(10, uniform(random, 0.5, 3)));
    const auto add = [&](const auto& solver) {
      tally(products, hypergradients, c.problem, solver, c.x0, c.theta, steps,
            c.problem.minimiser_jacobian(c.theta), c.problem.minimiser(c.theta), l);
    };
    switch (seed % 6) {
      case 0:
        add(GradientDescent::large_step(l, L));
        break;
      case 1:
        add(HeavyBall::optimal(l, L));
        break;
      case 2:
        add(Chebyshev{l, L});
        break;
      case 3:
        add(Nesterov::optimal(l, L));
        break;
      case 4:
        add(ConjugateGradient{});
        break;
      default:
        add(GradientDescent::short_step(L));
        break;
    }
  }
  products.check(3 * count / 2, 0.75);
  hypergradients.check(3 * count / 2, 0.75);
  CHECK(products.good > count / 4);
  CHECK(products.wrong > 0);
}

TEST_CASE("nor are those of random logistic problems, whose curvature changes on the way") {
  std::mt19937_64 random(8);
  PullbackTally products, hypergradients;
  const int count = test::repetitions(40);
  for (int seed = 0; seed < count; ++seed) {
    test::Random draw(static_cast<unsigned>(seed));
    const Matrix A = draw.matrix(20 + seed % 30, 2 + seed % 7);
    const Vector labels = draw.vector(A.rows()).array().sign();
    const LogisticProblem problem(A, labels);
    const Vector theta = Vector::Constant(1, std::pow(10, -uniform(random, 0.5, 3))),
                 x0 = Vector::Zero(A.cols());
    const double L = theta[0] + spectrum(A.transpose() * A / (4.0 * static_cast<double>(A.rows()))).largest;
    const Vector minimiser = newton_minimiser(problem, theta);
    const Matrix exact = implicit_jacobian(problem, minimiser, theta);
    const auto steps = static_cast<Index>(std::pow(10, uniform(random, 1, 3)));
    if (seed % 2 == 0)
      tally(products, hypergradients, problem, GradientDescent{1 / L}, x0, theta, steps, exact, minimiser,
            theta[0]);
    else
      tally(products, hypergradients, problem, Nesterov::optimal(theta[0], L), x0, theta, steps, exact,
            minimiser, theta[0]);
  }
  products.check(3 * count / 2, 0.9);
  hypergradients.check(3 * count / 2, 0.9);
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
