#include "unroll/compare/instance.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "unroll/compare/normal.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/problem/ridge.hpp"

using namespace unroll;

namespace {
std::shared_ptr<const Problem> some_logistic() {
  return std::make_shared<LogisticProblem>(NormalGenerator(1).matrix(40, 5),
                                           NormalGenerator(2).vector(40).cwiseSign());
}
Vector theta(double value) { return Vector::Constant(1, value); }
}  // namespace

TEST_CASE("Newton's method ends where the gradient is rounding, also where the classes can be separated") {
  for (const double t : {10.0, 0.1, 1e-6}) {
    CAPTURE(t);
    const auto problem = some_logistic();
    CHECK(problem->gradient(newton_minimiser(*problem, theta(t)), theta(t)).norm() < 1e-14);
    const LogisticProblem separated(Matrix{{1}, {2}, {-1}}, Vector{{1, 1, -1}});
    CHECK(separated.gradient(newton_minimiser(separated, theta(t)), theta(t)).norm() < 1e-14);
  }
}

TEST_CASE("the Jacobian of an instance is the slope of its minimiser") {
  const std::shared_ptr<const Problem> regression =
      std::make_shared<RidgeProblem>(NormalGenerator(1).matrix(40, 5), NormalGenerator(2).vector(40));
  for (const auto& problem : {some_logistic(), regression}) {
    const double h = 1e-5;
    const Instance instance = make_instance(problem, theta(0.1), Vector::Ones(5));
    const Vector slope = (make_instance(problem, theta(0.1 + h), Vector::Ones(5)).minimiser -
                          make_instance(problem, theta(0.1 - h), Vector::Ones(5)).minimiser) /
                         (2 * h);
    CHECK((instance.jacobian - slope).norm() < 1e-7 * slope.norm());
    CHECK(problem->gradient(instance.minimiser, theta(0.1)).norm() < 1e-13);
    CHECK(instance.spectrum.smallest >= 0.1 - 1e-12);
    CHECK(instance.spectrum.condition_number() > 1);
  }
}

TEST_CASE("an instance refuses a start or theta that does not fit, and a minimiser that does not move") {
  const auto problem = some_logistic();
  CHECK_THROWS_AS(make_instance(problem, theta(0.1), Vector::Ones(4)), ShapeError);
  CHECK_THROWS_AS(make_instance(problem, theta(-0.1), Vector::Ones(5)), DomainError);
  CHECK_THROWS_AS(make_instance(problem, theta(0.1), Vector::Constant(5, NAN)), DomainError);
  const auto still = std::make_shared<RidgeProblem>(Matrix::Identity(3, 3), Vector::Zero(3));
  CHECK_THROWS_AS(make_instance(still, theta(0.1), Vector::Ones(3)), DomainError);
}
