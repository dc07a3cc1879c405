// A solver's first state may be made of θ: a velocity, a history, a level that all steps read.
#include <doctest/doctest.h>

#include <cmath>

#include "support/worst.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/check/solver.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/problem/no_objective.hpp"
#include "ways.hpp"

namespace unroll::first_states {
namespace {

constexpr Index n = 3, p = n + 2;
const NoObjective none(n, p);
const Vector x0{{1, -0.5, 0.2}}, theta{{0.4, -0.2, 0.9, 2, 0.3}};  // velocity, stiffness, friction

/// A damped spring, x'' = −k x − c x', whose velocity begins at θ.
struct Spring {
  double h = 0.05;
  template <class V>
  struct State {
    V x, velocity;
  };
  template <class V>
  State<V> init(const V& x, const V& parameters) const {
    return {x, head(parameters, n)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    const scalar_t<V> k = parameters[n], c = parameters[n + 1];
    const V velocity = s.velocity - h * (k * s.x + c * s.velocity);
    return {s.x + h * velocity, velocity};
  }
};

/// The same, with the velocity put in by the first step.
struct SpringByBranch {
  Spring spring;
  template <class V>
  Spring::State<V> init(const V& x) const {
    return {x, V(Vector(Vector::Zero(n)))};
  }
  template <class V>
  Spring::State<V> step(const Oracle<V>& f, const Spring::State<V>& s, const V& parameters, Index t) const {
    return spring.step(f, t == 0 ? spring.init(s.x, parameters) : s, parameters, t);
  }
};

TEST_CASE("what memory begins with of theta is differentiated by every method that unrolls") {
  const SolveOptions options{.steps = 200};
  const Derivative by_branch = jacobian(none, SpringByBranch{}, x0, theta, options, Forward{});
  const Vector w{{1, -2, 0.5}};
  for (const test::Way& way : test::ways({}, {test::Claim::unrolled})) {
    CAPTURE(way.name);
    const Derivative d = jacobian(none, Spring{}, x0, theta, options, way.method);
    CHECK(test::largest(d.x - by_branch.x) <= 1e-14);
    CHECK(test::largest(d.dx - by_branch.dx) <= way.tolerance);
    CHECK(test::largest(vjp(none, Spring{}, x0, theta, w, options, way.method).dtheta -
                        by_branch.dx.transpose() * w) <= 10 * way.tolerance);
    CHECK(test::largest(jvp(none, Spring{}, x0, theta, Vector(theta), options, way.method).dx -
                        by_branch.dx * theta) <= 10 * way.tolerance);
    const History history = jacobian_history(none, Spring{}, x0, theta, options, way.method, {0, 1, 200});
    CHECK(test::largest(history.dx[0]) == 0);  // x_0 is no function of θ
    CHECK(test::largest(history.dx[2] - by_branch.dx) <= way.tolerance);
  }
  CHECK(check_solver(Spring{}, none, x0, theta, {.steps = 20}).passed());
}

TEST_CASE("and twice") {
  const auto wave = [](const Vector& at) {
    return vjp(none, Spring{}, x0, at, Vector(Vector::Ones(n)), {.steps = 40}, Reverse{}).dtheta;
  };
  const Vector direction = Vector::LinSpaced(p, -1, 1);
  const Vector second =
      second_vjp(none, Spring{}, x0, theta, Vector(Vector::Ones(n)), direction, {.steps = 40}, Reverse{})
          .dtheta_dot;
  const double h = 1e-5;
  CHECK(test::largest(second - (wave(theta + h * direction) - wave(theta - h * direction)) / (2 * h)) <=
        1e-8);
}

/// x ← tanh(A x + c), where c is made of θ at the start, and never again.
struct Level {
  double scale = 1;
  const Matrix A{{0.3, -0.2, 0.1}, {0.1, 0.4, -0.1}, {0.2, 0, 0.3}};
  template <class V>
  struct State {
    V x, level;
  };
  template <class V>
  State<V> init(const V& x, const V& parameters) const {
    return {x, sin(head(parameters, n)) + parameters[n] * Vector(Vector::Ones(n))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index) const {
    return {tanh(V(A * s.x + scale * s.level)), s.level};
  }
};

TEST_CASE("sweeps at the end alone count what contracts, not the cotangents of what is kept") {
  const SolveOptions options{.steps = 80};
  const Matrix right = jacobian(none, Level{4}, x0, theta / 4, options, Forward{}).dx;
  CHECK(test::largest(jacobian(none, Level{4}, x0, theta / 4, options, Reverse{.at_end = true}).dx - right) <=
        1e-8);
}

TEST_CASE("what it begins with, and keeps, reaches the end by methods that look at the last steps alone") {
  const SolveOptions options{.steps = 80};
  const Matrix right = jacobian(none, Level{}, x0, theta, options, Forward{}).dx;
  REQUIRE(test::largest(right) > 0.01);
  const Vector w{{1, -1, 2}};
  for (const test::Way& way :
       test::ways({.last_steps = 40}, {test::Claim::truncated, test::Claim::solution})) {
    CAPTURE(way.name);
    CHECK(test::largest(jacobian(none, Level{}, x0, theta, options, way.method).dx - right) <= way.tolerance);
    CHECK(test::largest(vjp(none, Level{}, x0, theta, w, options, way.method).dtheta -
                        right.transpose() * w) <= 10 * way.tolerance);
  }
  const Matrix last = jacobian(none, Level{}, x0, theta, options, OneStep{}).dx;
  const Vector x = solve(none, Level{}, x0, theta, options).x();
  Matrix of_level = Matrix::Zero(n, p);
  of_level.leftCols(n) = Vector(theta.head(n).array().cos()).asDiagonal();
  of_level.col(n).setOnes();
  CHECK(test::largest(last - Matrix(Vector(1 - x.array().square()).asDiagonal()) * of_level) <= 1e-12);
}

}  // namespace
}  // namespace unroll::first_states
