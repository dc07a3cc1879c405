// A run as a linear map: several cotangents at once, losses along the run.
#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <utility>

#include "derivative/cases.hpp"
#include "derivative/ways.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll {
namespace {

using test::Case;

/// x⁺ = x − W ∇f.
struct Preconditioned {
  Matrix W;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - W * f.gradient(s.x, theta)};
  }
};

TEST_CASE("a linearisation is asked for any number of products, by every method, in any order") {
  const Case c = test::random_case();  // n = 6, p = 3
  const SolveOptions options{.steps = 60};
  test::Random random(2);
  const Matrix W = random.matrix(6, 4), D = random.matrix(3, 2);
  const Matrix scale = 0.4 * Matrix::Identity(6, 6) + Matrix::Constant(6, 6, 0.02);
  for (const test::Way& way : test::ways({.last_steps = 50, .budget = 8000})) {
    const std::string& name = way.name;
    CAPTURE(name);
    const Method& method = way.method;
    const Derivative d = jacobian(*c.problem, Preconditioned{scale}, c.start, c.theta, options, method);
    // Of a solver that is gone after this line, its memory given to others.
    const auto run =
        linearise(*c.problem, Preconditioned{scale}, c.start, c.theta, options, method, {.columns = 4});
    const std::vector<Matrix> others(8, Matrix::Constant(6, 6, std::numeric_limits<double>::quiet_NaN()));
    const double near = 10 * way.rounding * (1 + d.dx.norm());
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

/// The ways that take losses along the run.
std::vector<test::Way> ways_along() {
  std::vector<test::Way> some = test::ways({.budget = 9000});
  std::erase_if(some, [](const test::Way& way) { return !way.along; });
  return some;
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
  for (const test::Way& way : test::ways({.last_steps = 30, .budget = 9000})) {
    const std::string& name = way.name;
    CAPTURE(name);
    const auto pulled = [&] { return vjp(*c.problem, solver, c.start, c.theta, along, options, way.method); };
    if (way.along) {
      const Vjp v = pulled();
      CHECK((v.dtheta - expected).norm() <= 10 * way.rounding * expected.norm());
      CHECK((v.dx0 - reverse.dx0).norm() <= 10 * way.rounding * (1 + reverse.dx0.norm()));
    } else if (way.claim != test::Claim::truncated) {
      CHECK_THROWS_WITH_AS(pulled(), doctest::Contains("take Reverse{}"), UnsupportedError);
    }
  }
}

TEST_CASE("a cotangent may be a function of every iterate, which is called once for each") {
  const Case c = test::random_case();
  const test::Averaging solver{0.5};
  const SolveOptions options{.steps = 25};
  const History h = jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{});
  Vector expected = Vector::Zero(3);
  for (std::size_t t = 0; t < h.t.size(); ++t)
    if (t % 2 == 0) expected += h.dx[t].transpose() * (2 * h.x[t]);
  for (const test::Way& way : ways_along()) {
    const std::string& name = way.name;
    CAPTURE(name);
    std::vector<int> calls(26, 0);
    const auto along = [&](Index t, const Vector& x) -> Vector {
      ++calls[static_cast<std::size_t>(t)];
      return t % 2 == 0 ? Vector(2 * x) : Vector();
    };
    const Vjp v = vjp(*c.problem, solver, c.start, c.theta, along, options, way.method);
    CHECK((v.dtheta - expected).norm() <= 10 * way.rounding * expected.norm());
    CHECK(calls == std::vector<int>(26, 1));
  }
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
  const Vector w = Vector::Ones(6), five = Vector::Ones(5);
  const Vector no_number = Vector::Constant(6, std::numeric_limits<double>::quiet_NaN());
  using Along = std::vector<IterateCotangent>;
  for (const test::Way& way : ways_along()) {
    const std::string& name = way.name;
    CAPTURE(name);
    const auto pull = [&](const Cotangent& cotangent, const SolveOptions& options) {
      return vjp(*c.problem, solver, c.start, c.theta, cotangent, options, way.method);
    };
    const SolveOptions twelve{.steps = 12};
    CHECK_THROWS_WITH_AS(pull(Along{{3, w}, {13, w}}, twelve),
                         "vjp: there is a cotangent of x_13, but the run has 12 steps", DomainError);
    CHECK_THROWS_WITH_AS(pull(Along{{-1, w}, {3, w}}, twelve),
                         "vjp: there is a cotangent of x_-1, but the run has 12 steps", DomainError);
    CHECK_THROWS_WITH_AS(pull(Along{{900, w}}, {.steps = 1000, .tolerance = 1e-2}),
                         doctest::Contains("cotangent of x_900, but the run ended after"), DomainError);
    CHECK_THROWS_WITH_AS(pull(Along{{3, five}}, twelve), "vjp: the cotangent has 5 entries, not 6",
                         ShapeError);
    CHECK_THROWS_WITH_AS(pull(Along{{3, Vector()}}, twelve), "vjp: the cotangent has 0 entries, not 6",
                         ShapeError);
    CHECK_THROWS_WITH_AS(pull(Along{{3, no_number}}, twelve), "vjp: cotangent[0] is nan", DomainError);
    CHECK_THROWS_WITH_AS(pull(Matrix::Ones(6, 6), twelve), doctest::Contains("the cotangent is a 6x6 matrix"),
                         ShapeError);
    for (const Index at : {0, 7, 12}) {
      const auto at_one = [&](const Vector& bad) {
        return [&, bad](Index t, const Vector&) { return t == at ? bad : Vector(); };
      };
      CHECK_THROWS_WITH_AS(pull(at_one(five), twelve), "vjp: the cotangent has 5 entries, not 6", ShapeError);
      CHECK_THROWS_WITH_AS(pull(at_one(no_number), twelve), "vjp: cotangent[0] is nan", DomainError);
    }
    CHECK_THROWS_WITH_AS(pull([&](const Vector&) { return five; }, twelve),
                         "vjp: the cotangent has 5 entries, not 6", ShapeError);
    CHECK_THROWS_WITH_AS(pull([&](const Vector&) { return Vector(); }, twelve),
                         "vjp: the cotangent has 0 entries, not 6", ShapeError);
    CHECK_NOTHROW(pull(Along{}, twelve));
  }
}

}  // namespace
}  // namespace unroll
