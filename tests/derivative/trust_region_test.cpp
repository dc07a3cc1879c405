// Newton's method in a trust region: solutions from far away, and derivatives of steps inside and on the
// boundary.
#include "unroll/solver/trust_region.hpp"

#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "derivative/check_methods.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::trust_region {
namespace {

/// Functions of Moré, Garbow & Hillstrom (1981), with θ in their data.
struct Rosenbrock {  // (1 1) at θ = (10, 1)
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const scalar_t<V> a = theta[0] * (x[1] - x[0] * x[0]), b = theta[1] - x[0];
    return a * a + b * b;
  }
};
struct Beale {  // (3 0.5) at θ = (1.5, 2.25, 2.625)
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    scalar_t<V> sum(0.0), power = x[1];
    for (Index i = 0; i < 3; ++i) {
      const scalar_t<V> r = theta[i] - x[0] * (1.0 - power);
      sum = sum + r * r;
      power = power * x[1];
    }
    return sum;
  }
};
struct Wood {  // (1 1 1 1) at θ = (100, 90)
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const scalar_t<V> a = x[1] - x[0] * x[0], b = 1.0 - x[0], c = x[3] - x[2] * x[2], d = 1.0 - x[2],
                      e = x[1] + x[3] - 2.0, g = x[1] - x[3];
    return theta[0] * a * a + b * b + theta[1] * c * c + d * d + 10.0 * e * e + 0.1 * g * g;
  }
};

struct Published {
  const char* name;
  std::shared_ptr<const Problem> problem;
  Vector start, theta, solution;
};
template <class F>
Published published(const char* name, F f, Vector start, Vector theta, Vector solution) {
  const Index n = start.size(), p = theta.size();
  return {name, std::make_shared<const TemplateProblem<F>>(std::move(f), n, p), std::move(start),
          std::move(theta), std::move(solution)};
}

TEST_CASE(
    "published functions from their starts, where H is not positive definite: solution and derivatives") {
  for (const Published& p :
       {published("Rosenbrock", Rosenbrock{}, Vector{{-1.2, 1}}, Vector{{10, 1}}, Vector{{1, 1}}),
        published("Beale", Beale{}, Vector{{1, 1}}, Vector{{1.5, 2.25, 2.625}}, Vector{{3, 0.5}}),
        published("Wood", Wood{}, Vector{{-3, -1, -3, -1}}, Vector{{100, 90}}, Vector{{1, 1, 1, 1}})}) {
    const std::string name = p.name;
    CAPTURE(name);
    const TrustRegion solver;
    const Trajectory run = solve(*p.problem, solver, p.start, p.theta, {.steps = 100, .tolerance = 1e-10});
    CHECK(run.status == Status::converged);
    CHECK((run.x() - p.solution).norm() <= 1e-8);
    if (name == "Wood") continue;  // its solution does not move with θ
    const Matrix exact = -p.problem->hessian(run.x(), p.theta).inverse() * p.problem->mixed(run.x(), p.theta);
    const SolveOptions options{.steps = run.steps};
    for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{}), Method(OneStep{})})
      CHECK((jacobian(*p.problem, solver, p.start, p.theta, options, method).dx - exact).norm() <=
            1e-7 * exact.norm());
  }
}

TEST_CASE("steps on the boundary, and a mix of both: reverse, forward, budget and differences agree") {
  const auto problem = make_problem(Rosenbrock{}, 2, 2);
  const Vector start{{-1.2, 1}}, theta{{10, 1}};
  for (const double radius : {0.05, 0.5, 5.0})
    for (const Index steps : {3, 5, 9}) {
      CAPTURE(radius);
      CAPTURE(steps);
      const TrustRegion solver{.first_radius = radius};
      test::check_methods(problem, solver, start, theta, steps, {.contracts = false});
    }
}

TEST_CASE("a saddle is left, a step that makes it worse is refused, a minimiser stays and moves with theta") {
  // x⁴/4 − x²/2 − θ y x² + y²/2: a saddle at 0.
  const auto double_well = make_problem(
      []<class V>(const V& x, const V& theta) {
        const scalar_t<V> square = x[0] * x[0];
        return 0.25 * square * square - 0.5 * square - theta[0] * x[1] * square + 0.5 * x[1] * x[1];
      },
      2, 1);
  const Vector zero = Vector::Zero(2), theta = Vector::Constant(1, 0.3);
  const Trajectory run = solve(double_well, TrustRegion{}, zero, theta, {.steps = 50, .tolerance = 1e-12});
  CHECK(run.status == Status::converged);
  CHECK(double_well.value(run.x(), theta) < -0.25);
  CHECK_THROWS_AS(solve(double_well, Newton{}, zero, theta, {.steps = 1}), NumericalError);
  CHECK_THROWS_WITH_AS(jacobian(double_well, TrustRegion{}, zero, theta, {.steps = 3}, Reverse{}),
                       doctest::Contains("no part along"), NumericalError);
  // From the minimiser: it stays, and its derivative is the solution's.
  const Matrix exact = -double_well.hessian(run.x(), theta).inverse() * double_well.mixed(run.x(), theta);
  const Derivative stays = jacobian(double_well, TrustRegion{}, run.x(), theta, {.steps = 2}, Reverse{});
  CHECK((stays.dx - exact).norm() <= 1e-9 * exact.norm());
  // Far too long a region: the first steps are refused.
  const auto cosine = make_problem(
      []<class V>(const V& x, const V& t) { return 1.0 - cos(x[0]) + 0.01 * x[0] * x[0] * t[0]; }, 1, 1);
  const auto refused = TrustRegion{.first_radius = 100}.step(
      Oracle<Vector>(cosine), {Vector(Vector::Constant(1, 2.0)), 100, true}, Vector(Vector::Ones(1)), 0);
  CHECK(!refused.accepted);
  CHECK(refused.x[0] == 2);
  CHECK(refused.radius < 100);
}

TEST_CASE("a minimiser that is one of many is left where it is found, with its derivative") {
  const Vector theta = Vector::Constant(1, 1.5), start{{1, 0.3}};
  const TrustRegion near{.first_radius = 3};
  const auto check = [&](const Vector& a) {
    const auto line = make_problem(
        [a]<class V>(const V& x, const V& t) {
          const scalar_t<V> r = dot(a, x) - t[0];
          return 0.5 * r * r;
        },
        2, 1);
    // The nearest point of the line aᵀx = θ.
    const Vector nearest = start + a * (theta[0] - a.dot(start)) / a.squaredNorm();
    const Matrix exact = a / a.squaredNorm();
    for (const Index steps : {1, 4, 30}) {
      CHECK((solve(line, near, start, theta, {.steps = steps}).x() - nearest).norm() <= 1e-12);
      for (const Method& method : {Method(Reverse{}), Method(Forward{})})
        CHECK((jacobian(line, near, start, theta, {.steps = steps}, method).dx - exact).norm() <= 1e-9);
    }
  };
  check(Vector{{1, 0}});
  check(Vector{{1, 1}});
  check(Vector{{0.3, 0.7}});
  check(Vector{{1e3, 1e-3}});
  // A flat direction that rounding curves by −1e-17, and a gradient of rounding along it.
  const auto soft = make_problem(
      []<class V>(const V& x, const V& t) { return log_sum_exp(x) - t[0] * x[0] - (1.0 - t[0]) * x[1]; }, 2,
      1);
  const Vector share = Vector::Constant(1, 0.3);
  for (const Index steps : {10, 40}) {
    const Vector x = solve(soft, near, start, share, {.steps = steps}).x();
    CHECK(x.sum() == doctest::Approx(start.sum()).epsilon(1e-12));
    CHECK(x[0] - x[1] == doctest::Approx(std::log(0.3 / 0.7)).epsilon(1e-12));
  }
}

TEST_CASE("units of f make no difference, 1e-200 to 1e200") {
  const Vector theta = Vector::Constant(1, 0.2), far = Vector::Constant(1, -9);
  const auto scaled = [](double c) {
    return make_problem(
        [c]<class V>(const V& x, const V& t) {
          const scalar_t<V> r = x[0] - t[0], q = x[0] * x[0];
          return c * (r * r + q * q);
        },
        1, 1);
  };
  const SolveOptions options{.steps = 50, .tolerance = 1e-9};
  const Trajectory plain = solve(scaled(1), TrustRegion{}, far, theta, options);
  const Matrix expected = jacobian(scaled(1), TrustRegion{}, far, theta, options, Reverse{}).dx;
  for (const double c : {1e-200, 1e-160, 1e160, 1e200}) {
    const Trajectory run = solve(scaled(c), TrustRegion{}, far, theta, options);
    CHECK(run.status == Status::converged);
    CHECK(run.steps == plain.steps);
    CHECK((run.x() - plain.x()).norm() <= 1e-12);
    for (const Method& method : {Method(Reverse{}), Method(Forward{})})
      CHECK((jacobian(scaled(c), TrustRegion{}, far, theta, options, method).dx - expected).norm() <= 1e-10);
  }
}

TEST_CASE("a root, and options out of their range, are refused") {
  const auto root = make_root([]<class V>(const V& x, const V& t) { return V(x - t); }, 2, 2);
  const Vector one = Vector::Ones(2);
  CHECK_THROWS_WITH_AS(solve(root, TrustRegion{}, one, one, {.steps = 1}), doctest::Contains("no objective"),
                       UnsupportedError);
  const auto problem = make_problem(Rosenbrock{}, 2, 2);
  CHECK_THROWS_WITH_AS(solve(problem, TrustRegion{.first_radius = 0}, one, one, {.steps = 1}),
                       doctest::Contains("first_radius"), DomainError);
  CHECK_THROWS_WITH_AS(solve(problem, TrustRegion{.accept = 0.5}, one, one, {.steps = 1}),
                       doctest::Contains("accept"), DomainError);
}

}  // namespace
}  // namespace unroll::trust_region
