#include "unroll/compare/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "unroll/compare/instance.hpp"
#include "unroll/compare/normal.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/problem/ridge.hpp"

using namespace unroll;

namespace {
const Vector weight = Vector::Constant(1, 0.1);

LogisticProblem logistic_of_noise() {
  const Matrix a = NormalGenerator(1).matrix(40, 5);
  return unroll::logistic(a, NormalGenerator(2).vector(40).cwiseSign());
}
}  // namespace

TEST_CASE("the relative error is a ratio of Frobenius norms") {
  CHECK(relative_error(Matrix{{3, 4}, {0, 5}}, Matrix{{3, 4}, {0, 0}}) == doctest::Approx(1));
  CHECK_THROWS_AS(relative_error(Matrix::Ones(2, 1), Matrix::Ones(1, 2)), ShapeError);
  CHECK_THROWS_AS(relative_error(Matrix::Ones(2, 1), Matrix::Zero(2, 1)), DomainError);
}

TEST_CASE("on a quadratic the suboptimality is exact however close the minimiser is") {
  const RidgeProblem problem = ridge(NormalGenerator(1).matrix(30, 4), NormalGenerator(2).vector(30));
  const Vector minimiser = problem.minimiser(weight);
  const Vector direction = NormalGenerator(3).vector(4);
  const Suboptimality suboptimality(problem, weight, minimiser, minimiser + direction);
  CHECK(suboptimality(minimiser + direction) == 1);
  for (const double s : {1e-1, 1e-4, 1e-7}) {
    CHECK(suboptimality(minimiser + s * direction) == doctest::Approx(s * s).epsilon(1e-7));
  }
  const double difference =
      problem.value(minimiser + 0.5 * direction, weight) - problem.value(minimiser, weight);
  const double at_start = problem.value(minimiser + direction, weight) - problem.value(minimiser, weight);
  CHECK(suboptimality(minimiser + 0.5 * direction) == doctest::Approx(difference / at_start).epsilon(1e-12));
}

TEST_CASE("beyond quadratics both ways to compute the suboptimality agree where they meet") {
  const LogisticProblem problem = logistic_of_noise();
  const Vector minimiser = newton_minimiser(problem, weight);
  const Vector start = minimiser + NormalGenerator(3).vector(5);
  const Suboptimality suboptimality(problem, weight, minimiser, start);
  const double value = problem.value(minimiser, weight);
  const double start_gap = problem.value(start, weight) - value;
  const Vector direction = NormalGenerator(4).vector(5);
  for (const double s : {1.0, 1e-1, 3e-2, 1e-2, 3e-3, 1e-3}) {  // the switch is near s = 1e-2
    CAPTURE(s);
    const double difference = (problem.value(minimiser + s * direction, weight) - value) / start_gap;
    CHECK(suboptimality(minimiser + s * direction) == doctest::Approx(difference).epsilon(1e-8));
  }
}

TEST_CASE("beyond quadratics the suboptimality falls like the square of the distance, to any depth") {
  const LogisticProblem problem = logistic_of_noise();
  const Vector minimiser = newton_minimiser(problem, weight);
  const Vector direction = NormalGenerator(4).vector(5);
  const Suboptimality suboptimality(problem, weight, minimiser, minimiser + direction);
  const double at_5 = suboptimality(minimiser + 1e-5 * direction);
  const double at_7 = suboptimality(minimiser + 1e-7 * direction);
  CHECK(at_5 > 0);
  CHECK(at_7 / at_5 == doctest::Approx(1e-4).epsilon(1e-4));
}

TEST_CASE("a start at the minimiser or too far away is refused") {
  const RidgeProblem problem = ridge(NormalGenerator(1).matrix(30, 4), NormalGenerator(2).vector(30));
  const Vector minimiser = problem.minimiser(weight);
  CHECK_THROWS_AS(Suboptimality(problem, weight, minimiser, minimiser), DomainError);
  CHECK_THROWS_AS(Suboptimality(problem, weight, minimiser, Vector::Constant(4, 1e200)), DomainError);
}

TEST_CASE("log-spaced points ascend from first to last without repetition") {
  const std::vector<Index> points = log_spaced(51, 2000, 64);
  CHECK(points.front() == 51);
  CHECK(points.back() == 2000);
  CHECK(points.size() >= 60);
  CHECK(points.size() <= 64);
  for (std::size_t i = 1; i < points.size(); ++i) CHECK(points[i] > points[i - 1]);
  CHECK(log_spaced(1, 5, 4000) == std::vector<Index>{1, 2, 3, 4, 5});
  CHECK(log_spaced(7, 7, 64) == std::vector<Index>{7});
  CHECK(log_spaced(8, 7, 64).empty());
  CHECK_THROWS_AS(log_spaced(0, 7, 64), DomainError);
  CHECK_THROWS_AS(log_spaced(1, 7, 1), DomainError);
}
