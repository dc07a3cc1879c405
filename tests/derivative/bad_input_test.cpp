#include <doctest/doctest.h>

#include <functional>

#include "derivative/cases.hpp"
#include "unroll/ad/solve.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Entry = std::function<void(const Start&, const Vector& theta, const SolveOptions&)>;

void add_entries(std::vector<Entry>& entries, const Problem& problem, const Method& method,
                 bool has_history) {
  const GradientDescent solver{0.1};
  const Vector w = Vector::Ones(problem.dimension()), v = Vector::Ones(problem.parameters());
  entries.push_back([&problem, solver, method](const Start& s, const Vector& theta, const SolveOptions& o) {
    jacobian(problem, solver, s, theta, o, method);
  });
  entries.push_back(
      [&problem, solver, method, w](const Start& s, const Vector& theta, const SolveOptions& o) {
        vjp(problem, solver, s, theta, w, o, method);
      });
  entries.push_back(
      [&problem, solver, method, v](const Start& s, const Vector& theta, const SolveOptions& o) {
        jvp(problem, solver, s, theta, v, o, method);
      });
  if (has_history) {
    entries.push_back([&problem, solver, method](const Start& s, const Vector& theta, const SolveOptions& o) {
      jacobian_history(problem, solver, s, theta, o, method);
    });
  }
}

/// Every entry of derivative/, on gradient descent.
std::vector<Entry> entries(const Problem& problem) {
  std::vector<Entry> all;
  for (const auto& [name, method] : all_methods())
    add_entries(all, problem, method, name != "implicit" && name != "one-step" && name != "certified");
  return all;
}

TEST_CASE("every entry refuses a start, a theta and options that do not fit") {
  const test::Case c = test::random_case();  // n = 6, p = 3
  const Vector& x = c.start.x;
  const Vector five = Vector::Ones(5);
  for (const Entry& run : entries(*c.problem)) {
    const SolveOptions options{.steps = 2};
    CHECK_NOTHROW(run(c.start, c.theta, options));
    CHECK_THROWS_WITH_AS(run(five, c.theta, options), doctest::Contains("5 entries"), ShapeError);
    CHECK_THROWS_AS(run(Vector(), c.theta, options), ShapeError);
    CHECK_THROWS_WITH_AS(run(x, five, options), doctest::Contains("5 entries"), ShapeError);
    CHECK_THROWS_AS(run(x, Vector(), options), ShapeError);
    CHECK_THROWS_AS(run(nan * x, c.theta, options), DomainError);
    CHECK_THROWS_AS(run(x, nan * c.theta, options), DomainError);
    CHECK_THROWS_AS(run(x, c.theta, {.steps = -1}), DomainError);
    CHECK_THROWS_AS(run(x, c.theta, {.tolerance = nan}), DomainError);
    CHECK_THROWS_WITH_AS(run({x, Matrix::Ones(3, 6)}, c.theta, options), "start: dx0 is 3x6, not 6x3",
                         ShapeError);
    CHECK_THROWS_AS(run({x, Matrix::Ones(6, 2)}, c.theta, options), ShapeError);
    CHECK_THROWS_AS(run({x, nan * Matrix::Ones(6, 3)}, c.theta, options), DomainError);
  }
}

TEST_CASE("every entry refuses a theta outside the problem's domain") {
  const RidgeProblem problem(Matrix::Identity(3, 3), Vector::Ones(3));
  for (const Entry& run : entries(problem)) {
    CHECK_THROWS_AS(run(Vector::Ones(3), Vector::Constant(1, -0.1), {.steps = 1}), DomainError);
    CHECK_THROWS_AS(run(Vector::Ones(3), Vector::Zero(1), {.steps = 0}), DomainError);
  }
}

TEST_CASE("a cotangent, a tangent, steps or threads that do not fit are refused") {
  const test::Case c = test::random_case();
  const GradientDescent solver{0.1};
  const SolveOptions options{.steps = 2};
  const Vector five = Vector::Ones(5);
  for (const NamedMethod& named : all_methods()) {
    CAPTURE(named.name);
    const Method& method = named.method;
    CHECK_THROWS_WITH_AS(vjp(*c.problem, solver, c.start, c.theta, five, options, method),
                         "vjp: the cotangent has 5 entries, not 6", ShapeError);
    CHECK_THROWS_WITH_AS(jvp(*c.problem, solver, c.start, c.theta, five, options, method),
                         "jvp: the tangent has 5 entries, not 3", ShapeError);
    CHECK_THROWS_AS(vjp(*c.problem, solver, c.start, c.theta, Vector::Constant(6, nan), options, method),
                    DomainError);
    CHECK_THROWS_AS(jvp(*c.problem, solver, c.start, c.theta, Vector::Constant(3, nan), options, method),
                    DomainError);
  }
  const Matrix square = Matrix::Ones(3, 4);  // which a Vector would be made of
  CHECK_THROWS_WITH_AS(jvp(*c.problem, solver, c.start, c.theta, square, options),
                       "jvp: the tangent is a 3x4 matrix, it must be a vector", ShapeError);
  CHECK_THROWS_WITH_AS(
      second_vjp(*c.problem, solver, c.start, c.theta, c.start.x, square, options, Reverse{}),
      "second_vjp: the tangent is a 3x4 matrix, it must be a vector", ShapeError);
  CHECK_THROWS_WITH_AS(second_vjp(*c.problem, solver, c.start, c.theta, square, c.theta, options, Implicit{}),
                       "second_vjp: the cotangent is a 3x4 matrix, it must be a vector", ShapeError);
  for (const Index threads : {0, -3}) {
    CHECK_THROWS_AS(jacobian(*c.problem, solver, c.start, c.theta, options, Reverse{threads}), DomainError);
    CHECK_THROWS_AS(jacobian_history(*c.problem, solver, c.start, c.theta, options, Reverse{threads}),
                    DomainError);
    CHECK_THROWS_AS(vjp(*c.problem, solver, c.start, c.theta, c.start.x, options, Reverse{threads}),
                    DomainError);
  }
  for (const std::vector<Index>& at : {std::vector<Index>{3, 3}, {4, 2}, {-1, 2}}) {
    CHECK_THROWS_AS(jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{}, at),
                    DomainError);
    CHECK_THROWS_AS(jacobian_history(*c.problem, solver, c.start, c.theta, options, Reverse{}, at),
                    DomainError);
  }
  CHECK_THROWS_AS(jacobian(*c.problem, GradientDescent{-1}, c.start, c.theta, options, Reverse{}),
                  DomainError);
  CHECK_THROWS_AS(jacobian(*c.problem, GradientDescent{nan}, c.start, c.theta, options, Forward{}),
                  DomainError);
}

/// x/2, through a factor of 3 − t.
struct FailsLate {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index t) const {
    const Matrix A = Matrix::Constant(1, 1, 3.0 - double(t));
    return {0.5 * V(solve_cholesky(A, V(A * s.x)))};
  }
};

TEST_CASE("an error within a run names the step, by every method; one in the first is of the input") {
  const NoObjective none(1, 1);
  const Vector one = Vector::Ones(1);
  const auto late = "solve_cholesky: A is 1x1 and not positive definite: pivot 0 is 0 (in step 4)";
  CHECK_THROWS_WITH_AS(solve(none, FailsLate{}, one, one, {.steps = 9}), late, NumericalError);
  for (const NamedMethod& named : all_methods()) {
    if (named.name == "certified") continue;  // which needs an objective
    CAPTURE(named.name);
    CHECK_THROWS_WITH_AS(jacobian(none, FailsLate{}, one, one, {.steps = 9}, named.method), late,
                         NumericalError);
  }
}

}  // namespace
}  // namespace unroll
