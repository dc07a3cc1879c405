// A start that is a function of θ.
#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "derivative/ways.hpp"
#include "support/worst.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/derivative/minimise_outer.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll::starts {
namespace {

const Index n = 5, p = 4;

TEST_CASE("a start that is a function of theta is one that is given with its Jacobian") {
  const test::Case c = test::random_case(n, p);
  test::Random random(3);
  const Matrix D = random.matrix(n, p);
  const Start function([D]<class V>(const V& th) -> V { return D * sin(th); });
  const Start dense(Vector(D * c.theta.array().sin().matrix()),
                    D * c.theta.array().cos().matrix().asDiagonal());
  const Vector w = Vector::LinSpaced(n, 1, 2), v = Vector::LinSpaced(p, -1, 1);
  const SolveOptions options{.steps = 6};
  for (const test::Way& way : test::ways({.last_steps = 6, .budget = 6000})) {
    const std::string& name = way.name;
    CAPTURE(name);
    const auto check_same = [&](const auto& product) {
      const Matrix by_function = product(function), by_dense = product(dense);
      CHECK((by_function - by_dense).norm() <= way.rounding * by_dense.norm());
    };
    check_same([&](const Start& start) {
      return jacobian(*c.problem, GradientDescent{0.2}, start, c.theta, options, way.method).dx;
    });
    check_same([&](const Start& start) {
      return vjp(*c.problem, GradientDescent{0.2}, start, c.theta, w, options, way.method).dtheta;
    });
    check_same([&](const Start& start) {
      return jvp(*c.problem, GradientDescent{0.2}, start, c.theta, v, options, way.method).dx;
    });
  }
  CHECK_THROWS_WITH_AS(
      jacobian(*c.problem, GradientDescent{0.2}, Start([](const auto& th) { return head(th, 2); }), c.theta,
               {.steps = 2}, Reverse{}),
      "start: x0(theta) has 2 entries, the problem has 5 variables", ShapeError);
  CHECK_THROWS_WITH_AS(
      jacobian(*c.problem, GradientDescent{0.2}, Start([](const auto& th) { return head(th, 5); }),
               Vector(Vector::Ones(99)), {.steps = 2}, Reverse{}),
      doctest::Contains("theta has 99 entries"), ShapeError);
  CHECK_THROWS_WITH_AS(
      solve(NoObjective(3, 3), GradientDescent{0.1}, Matrix(Matrix::Ones(3, 2)), Vector::Ones(3)),
      "solve: x0 is a 3x2 matrix, it must be a vector", ShapeError);
  CHECK_THROWS_WITH_AS(Start(Matrix::Ones(3, 4)), "start: x0 is a 3x4 matrix, it must be a vector",
                       ShapeError);
}

TEST_CASE("a run of no steps has the derivative of its start, however often it is asked for") {
  const test::Case c = test::random_case(n, p);
  const Start function([]<class V>(const V& th) -> V { return concatenate(th, head(th, 1)); });
  const auto run = linearise(*c.problem, GradientDescent{0.2}, function, c.theta, {.steps = 0}, Forward{});
  const Matrix once = run->jacobian();
  CHECK(once.topRows(p).isIdentity(0));
  CHECK(run->jacobian() == once);
}

// x_T − c = (1 − h)^T (x_0 − c), which reaches d from x_0 = c + (d − c)/(1 − h)^T.
TEST_CASE("a start is learned: every inner run begins at x_0(theta) and takes all its steps") {
  const Vector c{{0.5, -1.0}}, d{{2.0, 1.0}}, first = Vector::Zero(2);
  const auto problem =
      make_problem([c](const auto& x, const auto&) { return 0.5 * squared_norm(x - c); }, 2, 2);
  const auto loss = [d](const auto& x, const auto&) { return 0.5 * squared_norm(x - d); };
  const Start itself([](const auto& theta) { return theta; });
  const Vector best = c + (d - c) / std::pow(0.75, 5);
  for (const Method& method : {Method(Reverse{}), Method(Forward{})}) {
    const OuterResult r = minimise_outer(loss, problem, GradientDescent{0.25}, itself, first, {.steps = 5},
                                         {.tolerance = 1e-9}, method);
    CHECK(r.status == OuterStatus::converged);
    CHECK(test::largest(r.theta - best) <= 1e-7);
    CHECK(test::largest(r.x - d) <= 1e-7);
    for (const OuterStep& step : r.steps) CHECK(step.inner_steps % 5 == 0);
  }
  const OuterResult still =  // x* owes nothing to where the run began
      minimise_outer(loss, problem, GradientDescent{0.25}, itself, first, {.steps = 500}, {}, Implicit{});
  CHECK((still.status == OuterStatus::converged && still.theta == first));
  CHECK_THROWS_AS(minimise_outer(loss, problem, GradientDescent{0.25}, Start(first, Matrix::Identity(2, 2)),
                                 first, {.steps = 5}, {}, Reverse{}),
                  UnsupportedError);
  CHECK_THROWS_AS(minimise_outer(loss, problem, GradientDescent{0.25}, itself, first, {.steps = 5},
                                 {.last_inner_tolerance = -1}, Reverse{}),
                  DomainError);
}

}  // namespace
}  // namespace unroll::starts
