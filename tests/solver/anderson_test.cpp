#include "unroll/solver/anderson.hpp"

#include <doctest/doctest.h>

#include "solver/random_quadratic.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {
namespace {

TEST_CASE("Anderson with a memory of n solves a linear fixed-point equation in n + 2 steps") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(5, 1, 0.1, 2, false, 8);
  const Vector minimiser = problem.minimiser(theta);
  const Trajectory run = solve(problem, Anderson<>{.map = {0.5}, .memory = 5}, x0, theta, {.steps = 7});
  CHECK((run.iterates[5] - minimiser).norm() >= 1e-6 * minimiser.norm());
  CHECK((run.x() - minimiser).norm() <= 1e-8 * minimiser.norm());
  CHECK(run.cost.gradients == 7);
}

TEST_CASE("a step of Anderson mixes by the least squares that the paper states") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(6, 1, 0.1, 2, false, 8);
  const double h = 0.5;
  const auto image = [&, &problem = problem, &theta = theta](const Vector& x) {
    return Vector(x - h * problem.gradient(x, theta));
  };
  const Trajectory run = solve(problem, Anderson<>{.map = {h}, .memory = 2}, x0, theta, {.steps = 5});
  const auto& x = run.iterates;
  Matrix dr(6, 2), dphi(6, 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const Vector now = image(x[4 - i]), before = image(x[3 - i]);
    dphi.col(static_cast<Index>(i)) = now - before;
    dr.col(static_cast<Index>(i)) = (now - x[4 - i]) - (before - x[3 - i]);
  }
  const Vector gamma = dr.colPivHouseholderQr().solve(image(x[4]) - x[4]);
  CHECK((x[5] - (image(x[4]) - dphi * gamma)).norm() <= 1e-11 * x0.norm());
}

/// x ↦ cos(θ_0 x) entry by entry: no objective.
struct Cosine {
  template <class V>
  V operator()(const Oracle<V>&, const V& x, const V& theta) const {
    return cos(V(theta[0] * x));
  }
};

TEST_CASE("Anderson accelerates a user's map without an objective, and stays at the fixed point") {
  const NoObjective problem(2, 1);
  const Vector x0{{0.2, 1.5}}, theta = Vector::Ones(1);
  const Trajectory run = solve(problem, Anderson<Cosine>{{}, 3}, x0, theta, {.steps = 40});
  const Vector residual = run.iterates[10].array().cos() - run.iterates[10].array();
  CHECK(residual.norm() <= 1e-10);
  CHECK((run.x() - Vector::Constant(2, 0.7390851332151607)).norm() <= 1e-14);
}

struct Halved {
  template <class V>
  V operator()(const Oracle<V>&, const V& x, const V&) const {
    return V(Vector(value_of(x).head(1)));
  }
};

TEST_CASE("Anderson refuses a map that changes the size, a memory of none, and a map's own bad options") {
  CHECK_THROWS_WITH_AS(solve(NoObjective(2, 1), Anderson<Halved>{}, Vector::Ones(2), Vector::Ones(1)),
                       doctest::Contains("Anderson: the map gave 1 entries for 2"), ShapeError);
  CHECK_THROWS_WITH_AS((Anderson<>{{0.5}, 0}.check()), doctest::Contains("memory is 0"), DomainError);
  CHECK_THROWS_WITH_AS((Anderson<>{{-1}, 2}.check()), doctest::Contains("step size is -1"), DomainError);
}

}  // namespace
}  // namespace unroll
