#include "unroll/theory/burn_in_monitor.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "solver/random_quadratic.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/theory/closed_form.hpp"

namespace unroll {
namespace {

TEST_CASE("the end of gradient descent's burn-in solves t rho^(t-1) = 1") {
  for (const double condition : {30.0, 100.0, 1000.0}) {
    const BurnInWindow b = burn_in_window(GradientDescent::large_step(1 / condition, 1), 1 / condition, 1);
    const double rho = (condition - 1) / (condition + 1);
    CHECK(b.end > b.peak);
    CHECK(std::log(b.end) + (b.end - 1) * std::log(rho) <= 0);
    CHECK(std::log(b.end - 1) + (b.end - 2) * std::log(rho) > 0);
  }
}

TEST_CASE("the end of every method's burn-in is beyond its peak, and earlier for the faster methods") {
  const double l = 0.001, L = 1;
  const BurnInWindow descent = burn_in_window(GradientDescent::large_step(l, L), l, L);
  for (const BurnInWindow& b :
       {burn_in_window(Chebyshev{l, L}, l, L), burn_in_window(HeavyBall::optimal(l, L), l, L),
        burn_in_window(Nesterov::optimal(l, L), l, L)}) {
    CHECK(b.end > b.peak);
    CHECK(b.end < descent.end / 4);
  }
  CHECK(std::isinf(burn_in_window(GradientDescent{2.5}, l, L).end));
}

TEST_CASE("a monitor measures the contraction of a run and finds the rate of the method") {
  const auto c = test::random_quadratic(8, 2, 0.02, 1, false, 5);
  const auto solver = GradientDescent::large_step(0.02, 1);
  BurnInMonitor monitor;
  solve(c.problem, solver, c.x0, c.theta, {.steps = 400, .observer = monitor.observer()});
  REQUIRE(monitor.contraction());
  CHECK(*monitor.contraction() == doctest::Approx(49.0 / 51).epsilon(1e-3));
  CHECK(monitor.window()->peak == doctest::Approx(predicted_peak(solver, 0.02, 1)).epsilon(0.05));
  CHECK(monitor.window()->end == doctest::Approx(burn_in_window(solver, 0.02, 1).end).epsilon(0.05));
}

TEST_CASE("a monitor warns of a run that stops inside the burn-in, and of no other") {
  const auto c = test::random_quadratic(8, 2, 0.02, 1, false, 5);
  const auto solver = GradientDescent::large_step(0.02, 1);
  const auto run = [&](BurnInMonitor monitor, Index steps) {
    solve(c.problem, solver, c.x0, c.theta, {.steps = steps, .observer = monitor.observer()});
    CHECK(monitor.steps() == steps);
    return monitor.warning();
  };
  const BurnInMonitor known(solver, 0.02, 1);
  const auto end = static_cast<Index>(known.window()->end);
  for (const BurnInMonitor& monitor : {known, BurnInMonitor()}) {
    REQUIRE(run(monitor, 30));
    CHECK(run(monitor, 30)->find("after 30 steps, inside the burn-in") != std::string::npos);
    CHECK(!run(monitor, 2 * end));
    REQUIRE(run(monitor, 0));
  }
  CHECK(run(known, end - 1));
  CHECK(!run(known, end));
  CHECK(run(BurnInMonitor(), 1)->find("too few to tell") != std::string::npos);
  BurnInMonitor diverging(GradientDescent{2.5}, 0.02, 1);
  diverging.observe(0, Vector::Ones(1));
  diverging.observe(1, Vector::Zero(1));
  CHECK(diverging.inside());
}

TEST_CASE("a monitor whose iterates no longer move keeps the contraction that it measured before") {
  BurnInMonitor monitor;
  Vector x = Vector::Ones(2);
  for (Index t = 0; t < 200; ++t, x *= 0.5) monitor.observe(t, x + Vector::Constant(2, 1.0));
  CHECK(*monitor.contraction() == doctest::Approx(0.5).epsilon(1e-2));
  CHECK(!monitor.warning());
}

}  // namespace
}  // namespace unroll
