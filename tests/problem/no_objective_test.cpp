#include "unroll/problem/no_objective.hpp"

#include <doctest/doctest.h>

#include "unroll/error.hpp"

namespace unroll {
namespace {

TEST_CASE("a problem without an objective has sizes, and says so when it is asked for more") {
  const NoObjective problem(3, 2);
  const Vector x = Vector::Ones(3), theta = Vector::Ones(2);
  CHECK(problem.dimension() == 3);
  CHECK(problem.parameters() == 2);
  CHECK_FALSE(problem.has_objective());
  CHECK_THROWS_WITH_AS(
      problem.gradient(x, theta),
      "no objective: its gradient was asked for, but the problem has no f; only the solver's step "
      "says what x is",
      UnsupportedError);
  CHECK_THROWS_AS(problem.value(x, theta), UnsupportedError);
  CHECK_THROWS_AS(problem.parameter_gradient(x, theta), UnsupportedError);
  CHECK_THROWS_AS(problem.hessian(x, theta), UnsupportedError);
  CHECK_THROWS_AS(NoObjective(0, 1), ShapeError);
}

}  // namespace
}  // namespace unroll
