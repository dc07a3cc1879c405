// A solution as a node: in every world, nested, in time, on threads, by any method.
#include "unroll/derivative/solution.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <thread>

#include "derivative/ways.hpp"
#include "problem/differences.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/batch.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/ridge.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::nodes {
namespace {

const Vector one = Vector::Ones(1);

/// x + x³/3 − sin θ_0 = 0 and coupled neighbours.
struct Cubic {
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return V(x + V(cwise_product(x, square(x)) / 3.0)) + V(0.3 * V(theta[0] * V(reverse_of(x)))) -
           V(head(V(sin(theta)), x.size()));
  }
  template <class V>
  static V reverse_of(const V& x) {
    std::vector<scalar_t<V>> entries;
    for (Index i = x.size() - 1; i >= 0; --i) entries.push_back(x[i]);
    return V(assemble(entries));
  }
};

/// ∂F by central differences of a function on plain arrays.
template <class F>
Vector differences(const F& f, const Vector& at) {
  Vector g(at.size());
  for (Index i = 0; i < at.size(); ++i) {
    const double h = 1e-6;
    Vector up = at, down = at;
    up[i] += h;
    down[i] -= h;
    g[i] = (f(up) - f(down)) / (2 * h);
  }
  return g;
}

TEST_CASE("a solution is an operation on plain, dual and taped θ, by any method") {
  const auto root = make_root(Cubic{}, 3, 4);
  const Vector zero = Vector::Zero(3), theta{{0.3, -0.7, 0.5, 1.1}};
  for (const test::Way& way : test::ways({})) {
    if (way.claim == test::Claim::minimiser) continue;
    const std::string& name = way.name;
    CAPTURE(name);
    const Method& method = way.method;
    const auto loss = [&](const auto& t) {
      const auto x = solution(root, Newton{}, zero, t, {.steps = 12}, method);
      return squared_norm(x) + 0.1 * t[3] * x[1];
    };
    const Vector expected = differences([&](const Vector& t) { return loss(t); }, theta);
    CHECK((gradient(loss, theta) - expected).norm() <= 1e-8);
    const DualVector x =
        solution(root, Newton{}, zero, DualVector(theta, Matrix::Identity(4, 4)), {.steps = 12}, method);
    CHECK((x.tangents() - implicit_jacobian(root, x.value(), theta)).norm() <= 1e-9);
  }
}

TEST_CASE("a node costs the tape x and a few words") {
  const Index n = 50;
  const auto root = make_root([]<class V>(const V& x, const V& t) { return V(2.0 * x - t); }, n, n);
  for (const Method& method : {Method(Implicit{}), Method(Reverse{})}) {
    Tape tape;
    const VarVector input = tape.input(Vector(Vector::Ones(n)));
    VarVector x = input;
    const std::size_t before = tape.statistics().bytes();
    for (int t = 0; t < 10; ++t)
      x = solution(root, GradientDescent{0.5}, Vector(Vector::Zero(n)), x, {.steps = 20}, method);
    CHECK(tape.statistics().bytes() - before <= 10 * (8 * static_cast<std::size_t>(n) + 256));
    CHECK((tape.sweep(sum(x)).adjoint(input) - Matrix::Constant(n, 1, std::pow(0.5, 10))).norm() <= 1e-8);
  }
}

/// u' = −θ_0 A u + θ_1 u², by implicit Euler: u⁺ − u − h f(u⁺, θ) = 0, in parameters (u, θ).
struct EulerStep {
  Matrix A;
  double h;
  template <class V>
  V operator()(const V& next, const V& parameters) const {
    const Index n = next.size();
    const V u = head(parameters, n), theta = tail(parameters, 2);
    return V(next - u) + V(h * V(V(theta[0] * V(A * next)) - V(theta[1] * V(square(next)))));
  }
};

TEST_CASE("time stepping by implicit Euler, a root a step: the gradient through all of them") {
  const Index n = 6;
  Matrix A = 200.0 * Matrix::Identity(n, n);
  for (Index i = 0; i + 1 < n; ++i) A(i, i + 1) = A(i + 1, i) = -100.0;
  const auto step = make_root(EulerStep{A, 0.01}, n, n + 2);
  const Vector u0 = Vector::LinSpaced(n, 1, 2);
  for (const Method& method : {Method(Implicit{}), Method(Reverse{})}) {
    const auto loss = [&]<class V>(const V& theta) -> scalar_t<V> {
      V u = u0;
      for (int t = 0; t < 25; ++t)
        u = solution(step, Newton{}, Vector(value_of(u)), V(concatenate(u, theta)), {.steps = 6}, method);
      return squared_norm(u) + sum(u);
    };
    const Vector theta{{0.5, 0.2}};
    const Vector expected = differences([&](const Vector& t) { return loss(t); }, theta);
    CHECK((gradient(loss, theta) - expected).norm() <= 1e-7 * expected.norm());
  }
}

/// F of an outer root whose residual contains the solution of an inner one.
struct OuterRoot {
  const Root& inner;
  template <class V>
  V operator()(const V& y, const V& theta) const {
    const V x = solution(inner, Newton{}, Vector(Vector::Zero(2)), V(concatenate(y, theta)), {.steps = 15});
    return V(y + V(0.5 * V(tanh(x)))) - V(head(theta, 2));
  }
};

TEST_CASE("an inner problem within an inner problem") {
  const auto inner = make_root(
      []<class V>(const V& x, const V& p) -> V {
        return V(2.0 * x + V(sin(x))) - V(head(p, 2)) - V(segment(p, 2, 2));
      },
      2, 4);
  const auto outer = make_root(OuterRoot{inner}, 2, 2);
  const Vector theta{{0.4, -0.8}}, zero = Vector::Zero(2);
  const auto loss = [&](const auto& t) {
    return squared_norm(solution(outer, Newton{}, zero, t, {.steps = 15}));
  };
  const Vector expected = differences([&](const Vector& t) { return loss(t); }, theta);
  CHECK((gradient(loss, theta) - expected).norm() <= 1e-6 * expected.norm());
  // Unrolled in an outer objective, of which products with H are asked: the solution's derivative moves.
  const auto objective = make_problem(
      [&]<class V>(const V& y, const V& t) {
        const V x = solution(inner, Newton{}, zero, V(concatenate(y, t)), {.steps = 15});
        return 0.5 * squared_norm(V(y - t)) + 0.5 * squared_norm(x);
      },
      2, 2);
  const auto outer_loss = [&](const Vector& t) {
    return solve(objective, GradientDescent{0.3}, zero, t, {.steps = 90}).x().sum();
  };
  const Vector ones = Vector::Ones(2);
  for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{})}) {
    const Vector d = vjp(objective, GradientDescent{0.3}, zero, theta, ones, {.steps = 90}, method).dtheta;
    CHECK((d - differences(outer_loss, theta)).norm() <= 1e-6 * d.norm());
  }
}

TEST_CASE("a solver that is a black box, on an objective") {
  test::Random random(3);
  const RidgeProblem ridge(random.matrix(12, 4), random.vector(12));
  const auto solver = BlackBox{[&](const Vector&, const Vector& theta) { return ridge.minimiser(theta); }};
  const auto loss = [&](const auto& t) {
    return squared_norm(solution(ridge, solver, Vector(Vector::Zero(4)), t, {.steps = 1}));
  };
  const Vector theta = 0.3 * one;
  CHECK((gradient(loss, theta) - differences([&](const Vector& t) { return loss(t); }, theta)).norm() <=
        1e-8);
  CHECK_THROWS_WITH_AS(jacobian(ridge, solver, Vector(Vector::Zero(4)), theta, {.steps = 1}, Reverse{}),
                       doctest::Contains("black box"), UnsupportedError);
}

TEST_CASE("recordings with solutions on several threads, and seeds by several threads, agree with one") {
  const auto root = make_root(Cubic{}, 3, 4);
  const auto gradient_at = [&](double s) {
    const Vector theta{{0.3 * s, -0.7, 0.5, 1.1}};
    return gradient(
        [&](const auto& t) {
          return squared_norm(solution(root, Newton{}, Vector(Vector::Zero(3)), t, {.steps = 12}));
        },
        theta);
  };
  const auto outcomes = batch(
      8, [&](Index i) { return gradient_at(1 + 0.1 * static_cast<double>(i)); }, 4);
  for (Index i = 0; i < 8; ++i)
    CHECK(outcomes[static_cast<std::size_t>(i)].value() == gradient_at(1 + 0.1 * static_cast<double>(i)));
}

TEST_CASE("no solution, no number") {
  const auto none = make_root([]<class V>(const V& x, const V& t) { return V(square(x) + t); }, 1, 1);
  CHECK_THROWS_WITH_AS(
      solution(none, Newton{.halvings = 8}, Vector(3 * one), one, {.steps = 30, .tolerance = 1e-9}),
      doctest::Contains("solution:"), NumericalError);
  CHECK_THROWS_AS(solution(none, GradientDescent{10.0}, Vector(3 * one), one, {.steps = 300}),
                  NumericalError);
  const auto root = make_root(Cubic{}, 3, 4);
  CHECK_THROWS_AS(solution(root, Newton{}, Vector(Vector::Zero(2)), Vector(Vector::Ones(4)), {.steps = 3}),
                  ShapeError);
  // Of an unrolled run no second derivative is at hand.
  const auto twice = [&](const auto& x, const auto&) {
    using V = std::decay_t<decltype(x)>;
    return squared_norm(V(solution(root, Newton{}, Vector(Vector::Zero(3)), x, {.steps = 5}, Reverse{})));
  };
  const auto problem = make_problem(twice, 4, 0);
  CHECK_THROWS_WITH_AS(problem.hessian(Vector(Vector::Ones(4)), Vector(0)),
                       doctest::Contains("differentiated again"), UnsupportedError);
}

}  // namespace
}  // namespace unroll::nodes
