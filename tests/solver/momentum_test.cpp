#include "unroll/solver/momentum.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/solve.hpp"

// Each method against its textbook line, written again.
namespace unroll {
namespace {

constexpr double l = 0.1, L = 2;
constexpr Index steps = 40;

/// x_0 … x_steps of next(x_t, x_{t−1}, t), x_{−1} = x_0.
std::vector<Vector> by_hand(const Vector& x0,
                            const std::function<Vector(const Vector&, const Vector&, Index)>& next) {
  std::vector<Vector> x{x0};
  for (Index t = 0; t < steps; ++t) {
    const auto i = static_cast<std::size_t>(t);
    x.push_back(next(x[i], x[i == 0 ? 0 : i - 1], t));
  }
  return x;
}

double difference(const std::vector<Vector>& a, const std::vector<Vector>& b) {
  REQUIRE(a.size() == b.size());
  test::Worst worst;
  for (std::size_t t = 0; t < a.size(); ++t) worst.add((a[t] - b[t]).norm());
  return worst;
}

TEST_CASE("gradient descent, heavy ball, Nesterov and Chebyshev take the textbook's steps") {
  const auto quadratic = test::random_quadratic(8, 2, l, L, false, 11);
  const auto& [problem, theta, x0, dx0] = quadratic;
  const auto g = [&](const Vector& x) { return quadratic.problem.gradient(x, quadratic.theta); };
  const auto taken = [&, &problem = problem, &theta = theta, &x0 = x0](const auto& solver) {
    return solve(problem, solver, x0, theta, {.steps = steps}).iterates;
  };
  const double h = 0.7, m = 0.4;

  CHECK(difference(taken(GradientDescent{h}), by_hand(x0, [&](const Vector& x, const Vector&, Index) {
                     return Vector(x - h * g(x));
                   })) <= 1e-14);
  CHECK(difference(taken(HeavyBall{h, m}), by_hand(x0, [&](const Vector& x, const Vector& previous, Index) {
                     return Vector(x + m * (x - previous) - h * g(x));
                   })) <= 1e-14);
  CHECK(difference(taken(Nesterov{h, m}), by_hand(x0, [&](const Vector& x, const Vector& previous, Index) {
                     const Vector y = x + m * (x - previous);
                     return Vector(y - h * g(y));
                   })) <= 1e-14);
  const double rho = (L - l) / (L + l);
  double omega = 2;
  CHECK(difference(taken(Chebyshev{l, L}), by_hand(x0, [&](const Vector& x, const Vector& previous, Index t) {
                     if (t == 0) return Vector(x - 2 / (L + l) * g(x));
                     omega = 1 / (1 - rho * rho * omega / 4);
                     return Vector(omega * (x - 2 / (L + l) * g(x)) + (1 - omega) * previous);
                   })) <= 1e-13);
}

TEST_CASE("every linear method costs one gradient a step") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(8, 2, l, L, false, 11);
  CHECK(solve(problem, HeavyBall::optimal(l, L), x0, theta, {.steps = 9}).cost.gradients == 9);
  CHECK(solve(problem, Nesterov::optimal(l, L), x0, theta, {.steps = 9}).cost.gradients == 9);
  CHECK(solve(problem, Chebyshev{l, L}, x0, theta, {.steps = 9}).cost.gradients == 9);
}

TEST_CASE("the accelerated methods converge to the minimiser") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(20, 1, 0.01, 1, true, 5);
  const SolveOptions options{.steps = 2000, .tolerance = 1e-14};
  for (const Trajectory& run : {solve(problem, HeavyBall::optimal(0.01, 1), x0, theta, options),
                                solve(problem, Nesterov::optimal(0.01, 1), x0, theta, options),
                                solve(problem, Chebyshev{0.01, 1}, x0, theta, options)}) {
    CHECK(run.status == Status::converged);
    CHECK(problem.gradient(run.x(), theta).norm() <= 1e-12);
  }
}

}  // namespace
}  // namespace unroll
