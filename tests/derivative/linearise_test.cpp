// A run as a linear map: several cotangents at once, losses along the run, certificates on request, large p.
#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll {
namespace {

using test::Case;

TEST_CASE("a linearisation is asked for any number of products, by every method, in any order") {
  const Case c = test::random_case();  // n = 6, p = 3
  const test::Averaging solver{0.5};
  const SolveOptions options{.steps = 60};
  test::Random random(2);
  const Matrix W = random.matrix(6, 4), D = random.matrix(3, 2);
  std::vector<NamedMethod> methods = all_methods();
  methods.push_back({"budget", Reverse{.memory_budget = 8000}});
  methods.push_back({"truncated", Reverse{.last_steps = 50}});
  for (const NamedMethod& named : methods) {
    CAPTURE(named.name);
    const Method& method = named.method;
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, options, method);
    const auto run =
        linearise(*c.problem, test::Averaging{0.5}, c.start, c.theta, options, method, {.columns = 4});
    const double near = (named.name == "finite difference" ? 1e-7 : 1e-10) * (1 + d.dx.norm());
    for (int again = 0; again < 2; ++again) {
      CHECK((run->pull(W).theta - d.dx.transpose() * W).norm() <= near * W.norm());
      CHECK((run->push(D) - d.dx * D).norm() <= near * D.norm());
      CHECK((run->jacobian() - d.dx).norm() <= near);
    }
    CHECK((run->record().x - d.x).norm() <= 1e-13 * d.x.norm());
    CHECK(run->record().steps == d.steps);
    CHECK(run->record().status == d.status);
    CHECK_THROWS_WITH_AS(run->pull(Matrix::Ones(5, 2)), "pull: the cotangents are 5x2, they must have 6 rows",
                         ShapeError);
    CHECK_THROWS_WITH_AS(run->push(Matrix::Ones(6, 2)), "push: the tangents are 6x2, they must have 3 rows",
                         ShapeError);
  }
}

TEST_CASE("a second product of a method that keeps its tape takes no step again") {
  const Case c = test::random_case();
  const auto run = linearise(*c.problem, GradientDescent{0.3}, c.start, c.theta, {.steps = 20}, Reverse{});
  run->pull(Matrix::Ones(6, 1));
  const Index gradients = run->record().cost.gradients;
  run->pull(Matrix::Ones(6, 2));
  CHECK(gradients == 20);
  CHECK(run->record().cost.gradients == gradients);
}

/// Σ_t w_tᵀ x_t by the Jacobians of a history.
Vector along_history(const Case& c, const auto& solver, const SolveOptions& options,
                     const std::vector<IterateCotangent>& along) {
  const History h = jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{});
  Vector sum = Vector::Zero(c.theta.size());
  for (const auto& [t, w] : along) sum += h.dx[static_cast<std::size_t>(t)].transpose() * w;
  return sum;
}

TEST_CASE("cotangents of several iterates are pulled back in one sweep, by every method that knows them") {
  const Case c = test::random_case();
  const test::Restarting solver{0.5};
  const SolveOptions options{.steps = 37};
  test::Random random(8);
  const std::vector<IterateCotangent> along{{5, random.vector(6)},
                                            {0, random.vector(6)},
                                            {37, random.vector(6)},
                                            {5, random.vector(6)},
                                            {36, random.vector(6)}};
  const Vector expected = along_history(c, solver, options, along);
  const Vjp reverse =
      vjp(*c.problem, solver, c.start, c.theta, along, options, Reverse{.certify = Certify::never});
  CHECK((reverse.dtheta - expected).norm() <= 1e-12 * expected.norm());
  CHECK(reverse.cost.hessian_vector_products == 37);
  const auto check = [&](const Method& method, double tolerance) {
    const Vjp v = vjp(*c.problem, solver, c.start, c.theta, along, options, method);
    CHECK((v.dtheta - expected).norm() <= tolerance * expected.norm());
    CHECK((v.dx0 - reverse.dx0).norm() <= tolerance * (1 + reverse.dx0.norm()));
  };
  check(Reverse{.memory_budget = 9000}, 1e-12);
  check(Forward{}, 1e-12);
  check(FiniteDifference{}, 1e-6);
  for (const Method& method : {Method(Implicit{}), Method(OneStep{})})
    CHECK_THROWS_WITH_AS(vjp(*c.problem, solver, c.start, c.theta, along, options, method),
                         doctest::Contains("there is a cotangent of x_0; take Reverse{}"), UnsupportedError);
}

TEST_CASE("a cotangent may be a function of every iterate, which is called once for each") {
  const Case c = test::random_case();
  const test::Averaging solver{0.5};
  const SolveOptions options{.steps = 25};
  const History h = jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{});
  Vector expected = Vector::Zero(3);
  for (std::size_t t = 0; t < h.t.size(); ++t)
    if (t % 2 == 0) expected += h.dx[t].transpose() * (2 * h.x[t]);
  const auto check = [&](const Method& method, double tolerance) {
    std::vector<int> calls(26, 0);
    const auto along = [&](Index t, const Vector& x) -> Vector {
      ++calls[static_cast<std::size_t>(t)];
      return t % 2 == 0 ? Vector(2 * x) : Vector();
    };
    const Vjp v = vjp(*c.problem, solver, c.start, c.theta, along, options, method);
    CHECK((v.dtheta - expected).norm() <= tolerance * expected.norm());
    CHECK(calls == std::vector<int>(26, 1));
  };
  check(Reverse{}, 1e-12);
  check(Reverse{.memory_budget = 9000}, 1e-12);
  check(Forward{}, 1e-12);
  check(FiniteDifference{}, 1e-6);
}

TEST_CASE("a loss along the run has a hypergradient") {
  const Case c = test::random_case();
  const GradientDescent solver{0.4};
  const auto outer = [](Index t, const auto& x, const auto& theta) {
    return 1.0 / (1.0 + double(t)) * squared_norm(x) + 0.1 * theta[0] * theta[0];
  };
  const auto value = [&](const Vector& theta) {
    double sum = 0;
    const Vector x0 = c.start.x + c.start.dx * (theta - c.theta);
    const Trajectory run = solve(*c.problem, solver, x0, theta, {.steps = 12});
    for (std::size_t t = 0; t < run.iterates.size(); ++t)
      sum += outer(static_cast<Index>(t), run.iterates[t], theta);
    return sum;
  };
  const Hypergradient h =
      hypergradient(outer, *c.problem, solver, c.start, c.theta, {.steps = 12}, Reverse{});
  CHECK(h.value == doctest::Approx(value(c.theta)).epsilon(1e-13));
  for (Index i = 0; i < 3; ++i) {
    const double step = 1e-6;
    const double slope =
        (value(c.theta + step * Vector::Unit(3, i)) - value(c.theta - step * Vector::Unit(3, i))) /
        (2 * step);
    CHECK(h.dtheta[i] == doctest::Approx(slope).epsilon(1e-7));
  }
}

TEST_CASE("cotangents that do not fit the run are refused") {
  const Case c = test::random_case();
  const GradientDescent solver{0.4};
  const auto pull = [&](const Cotangent& w, const SolveOptions& options) {
    return vjp(*c.problem, solver, c.start, c.theta, w, options);
  };
  const Vector w = Vector::Ones(6);
  CHECK_THROWS_WITH_AS(pull(std::vector<IterateCotangent>{{13, w}}, {.steps = 12}),
                       "vjp: there is a cotangent of x_13, but the run has 12 steps", DomainError);
  CHECK_THROWS_WITH_AS(pull(std::vector<IterateCotangent>{{900, w}}, {.steps = 1000, .tolerance = 1e-2}),
                       doctest::Contains("cotangent of x_900, but the run ended after"), DomainError);
  CHECK_THROWS_WITH_AS(pull(std::vector<IterateCotangent>{{3, Vector::Ones(5)}}, {.steps = 12}),
                       "vjp: the cotangent has 5 entries, not 6", ShapeError);
  CHECK_THROWS_WITH_AS(pull(Matrix::Ones(6, 6), {.steps = 12}),
                       doctest::Contains("the cotangent is a 6x6 matrix"), ShapeError);
}

TEST_CASE("a certificate costs at most a tenth of the derivative, unless it is asked for, or not at all") {
  const Case c = test::random_case();
  const GradientDescent solver{0.4};
  const auto spent = [&](Index steps, Certify certify) {
    return jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, Forward{.certify = certify});
  };
  const auto work = [](const Derivative& d) { return d.cost.gradients + d.cost.hessian_vector_products; };
  for (const Index steps : {1, 5, 9, 10, 20, 200}) {
    CAPTURE(steps);
    const Index own = work(spent(steps, Certify::never));
    CHECK(own == steps * 4);
    const Derivative automatic = spent(steps, Certify::automatic), always = spent(steps, Certify::always);
    CHECK(static_cast<double>(work(automatic) - own) <= 0.1 * static_cast<double>(own));
    CHECK(work(always) >= own + 4);
    constexpr Index products = 40, columns = 3;  // of the refinement: a nearer point, and a derivative there
    CHECK(work(always) <= own + 4 + 2 * (products + 1) + (products + 3) * columns);
    CHECK(always.certificate.bound);
    CHECK(automatic.certificate.bound.has_value() == (steps >= 10));
    CHECK(automatic.certificate.is_skipped == (steps < 10));
    CHECK(certify(*c.problem, automatic).bound == always.certificate.bound);
  }
  CHECK(spent(1, Certify::automatic).certificate.message().find("Certify::always") != std::string::npos);
}

TEST_CASE("a certificate of tiny and of huge problems neither vanishes nor overflows") {
  for (const double scale : {1e-150, 1.0, 1e150}) {
    CAPTURE(scale);
    const AffineQuadratic problem(scale * Matrix(Vector{{1, 1e-13}}.asDiagonal()), {Matrix::Zero(2, 2)},
                                  Vector::Zero(2), scale * Vector{{1, 1e-13}});
    const Certificate c = certify(problem, Vector::Zero(2), Vector::Zero(1), Vector{{-1, 1}});
    REQUIRE(c.bound);
    CHECK(*c.bound >= 2);  // ∂x* = (−1, −1)
    CHECK(c.verdict != Verdict::good);
  }
}

/// x⁺ = ½x + θ/10, n = p.
struct Halving {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {0.5 * s.x + 0.1 * theta};
  }
};

TEST_CASE("a product with as many parameters as one likes makes no matrix of n times p") {
  const Index n = 100000;
  const Vector x0 = Vector::Zero(n), theta = Vector::LinSpaced(n, 0, 1), w = Vector::Ones(n);
  const NoObjective problem(n, n);
  for (const Method& method :
       {Method(Reverse{}), Method(Reverse{.memory_budget = 30'000'000}), Method(OneStep{})}) {
    const Vjp v = vjp(problem, Halving{}, x0, theta, w, {.steps = 20}, method);
    CHECK(v.dtheta.size() == n);
    CHECK(v.dtheta[n / 2] > 0.09);
  }
  const auto outer = [](const auto& x, const auto&) { return sum(x); };
  CHECK(hypergradient(outer, problem, Halving{}, x0, theta, {.steps = 20}).dtheta[7] ==
        doctest::Approx(0.2 * (1 - std::pow(0.5, 20))));
  CHECK(jvp(problem, Halving{}, x0, theta, w, {.steps = 20}).dx[7] ==
        doctest::Approx(0.2 * (1 - std::pow(0.5, 20))));
}

TEST_CASE("a hypergradient by forward mode carries p tangents, and no more") {
  const Case c = test::random_case();
  const auto outer = [](const auto& x, const auto&) { return squared_norm(x); };
  const Hypergradient h = hypergradient(outer, *c.problem, GradientDescent{0.3}, c.start, c.theta,
                                        {.steps = 10}, Forward{.certify = Certify::never});
  CHECK(h.cost.hessian_vector_products == 30);
  CHECK(h.dx0.size() == 0);
  const Hypergradient r =
      hypergradient(outer, *c.problem, GradientDescent{0.3}, c.start, c.theta, {.steps = 10});
  CHECK((h.dtheta - r.dtheta).norm() <= 1e-13 * r.dtheta.norm());
  CHECK(r.dx0.size() == 6);
}

}  // namespace
}  // namespace unroll
