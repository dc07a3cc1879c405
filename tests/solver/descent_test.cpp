// Gradient descent that chooses its step size: backtracking, exact line search, mini-batches, Adam.
#include <doctest/doctest.h>

#include <cmath>

#include "problem/problem_cases.hpp"
#include "support/numbers.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/finite_sum.hpp"
#include "unroll/solver/adam.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/solver/steepest_descent.hpp"
#include "unroll/solver/stochastic_gradient.hpp"

namespace unroll {
namespace {

using test::nan;

TEST_CASE("backtracking takes the first step size of its sequence that decreases f enough") {
  const test::QuadraticCase c = test::random_quadratic(5, 1, 0.1, 30, false, 4);
  const Backtracking solver{{.first_step = 1, .shrink = 0.7, .decrease = 0.1}};
  const Trajectory run = solve(c.problem, solver, c.x0, c.theta, {.steps = 12});
  for (std::size_t t = 0; t < 12; ++t) {
    const Vector g = c.problem.gradient(run.iterates[t], c.theta);
    double h = 1;
    const auto f = [&](double s) { return c.problem.value(run.iterates[t] - s * g, c.theta); };
    while (f(h) > f(0) - 0.1 * h * g.squaredNorm()) h *= 0.7;
    CHECK((run.iterates[t + 1] - (run.iterates[t] - h * g)).norm() <= 1e-12 * run.iterates[t].norm());
  }
}

TEST_CASE("backtracking converges to rounding, beyond what values of f can tell, and then stays") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(5, 1, 0.5, 30, false, 4);
  const Trajectory run = solve(problem, Backtracking{}, x0, theta, {.steps = 3000});
  const Vector minimiser = problem.minimiser(theta);
  CHECK((run.x() - minimiser).norm() <= 1e-12 * minimiser.norm());
  CHECK(run.x() == run.iterates[2000]);
  CHECK(solve(problem, Backtracking{}, x0, theta, {.steps = 3000, .tolerance = 1e-13}).status ==
        Status::converged);
}

TEST_CASE("a line search from where f is not a number is an error") {
  const auto undefined = make_problem([](const auto& x, const auto&) { return log(x[0]); }, 1, 1);
  CHECK_THROWS_WITH_AS(solve(undefined, Backtracking{}, -Vector::Ones(1), Vector::Ones(1)),
                       doctest::Contains("nan and its slope"), NumericalError);
}

TEST_CASE("the options of a line search are checked, each by name") {
  const auto refused = [](const Armijo& search, const char* name) {
    CHECK_THROWS_WITH_AS(Backtracking{search}.check(), doctest::Contains(name), DomainError);
  };
  refused({.first_step = 0}, "backtracking: the first_step is 0");
  refused({.first_step = nan}, "first_step");
  refused({.shrink = 1}, "shrink");
  refused({.decrease = 0.5}, "decrease");
  CHECK_NOTHROW(Backtracking{}.check());
}

TEST_CASE("steepest descent goes to the minimum along the gradient: the next gradient is orthogonal") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(6, 1, 0.1, 3, false, 5);
  const Trajectory run = solve(problem, SteepestDescent{}, x0, theta, {.steps = 20});
  for (std::size_t t = 0; t < 20; ++t) {
    const Vector g = problem.gradient(run.iterates[t], theta);
    const Vector next = problem.gradient(run.iterates[t + 1], theta);
    CHECK(std::abs(g.dot(next)) <= 1e-12 * g.squaredNorm());
  }
  CHECK(run.cost.gradients == 40);
}

TEST_CASE("steepest descent stays at the minimiser, where its step size is 0/0") {
  const AffineQuadratic problem(Matrix::Identity(2, 2), {Matrix::Zero(2, 2)}, Vector::Zero(2),
                                Matrix::Zero(2, 1));
  const Trajectory run =
      solve(problem, SteepestDescent{}, Vector::Constant(2, 3.0), Vector::Ones(1), {.steps = 5});
  CHECK(run.status == Status::step_limit);
  CHECK(run.x().norm() <= 1e-15);
}

TEST_CASE("steepest descent refuses an objective without minimum and says so") {
  const AffineQuadratic problem(-Matrix::Identity(2, 2), {Matrix::Zero(2, 2)}, Vector::Zero(2),
                                Matrix::Zero(2, 1));
  CHECK_THROWS_WITH_AS(solve(problem, SteepestDescent{}, Vector::Ones(2), Vector::Ones(1)),
                       doctest::Contains("steepest descent: the curvature along the direction is -2"),
                       NumericalError);
}

/// ½ mean over rows of (x_0 a_i − θ)².
struct Rows {
  Vector a;
  template <class V>
  auto operator()(const V& x, const V& theta, std::span<const Index> rows) const {
    scalar_t<V> sum = 0.0;
    for (const Index i : rows) sum += square(scalar_t<V>(a[i] * x[0] - theta[0]));
    return 0.5 * sum / static_cast<double>(rows.size());
  }
};

TEST_CASE("stochastic gradient descent takes its batches in the given order, round and round") {
  const auto problem = make_finite_sum(Rows{Vector{{1.0, 2.0, 3.0}}}, 1, 1, 3);
  const StochasticGradient solver{0.1, {{2}, {0, 1}}};
  const Vector theta = Vector::Constant(1, 0.5);
  const Trajectory run = solve(problem, solver, Vector::Ones(1), theta, {.steps = 3});
  double x = 1;
  x -= 0.1 * 3 * (3 * x - 0.5);
  x -= 0.1 * (1 * (1 * x - 0.5) + 2 * (2 * x - 0.5)) / 2;
  x -= 0.1 * 3 * (3 * x - 0.5);
  CHECK(run.x()[0] == doctest::Approx(x).epsilon(1e-14));
  CHECK(run.cost.gradients == 3);
}

TEST_CASE("stochastic gradient descent refuses what it cannot use, and names it") {
  const auto problem = make_finite_sum(Rows{Vector{{1.0, 2.0, 3.0}}}, 1, 1, 3);
  const Vector one = Vector::Ones(1);
  using Batches = std::vector<std::vector<Index>>;
  const auto refused = [&](const Problem& f, const Batches& batches, const char* message) {
    const Vector x0 = Vector::Ones(f.dimension());
    CHECK_THROWS_WITH_AS(solve(f, StochasticGradient{0.1, batches}, x0, one), doctest::Contains(message),
                         Error);
  };
  refused(problem, {{0}, {3}}, "row 3 of a sum of 3");
  refused(problem, {{-1}}, "row -1");
  refused(problem, {{}}, "the batch is empty");
  refused(problem, {}, "there are no batches");
  refused(test::Coshes(), {{0}}, "not a finite sum");
  CHECK_THROWS_AS((StochasticGradient{0, {{0}}}.check()), DomainError);
}

TEST_CASE("Adam takes the steps of the paper's algorithm 1") {
  const test::Coshes problem;
  const Vector theta = Vector::Constant(1, 0.3);
  const Adam solver{.step_size = 0.1, .mean_decay = 0.8, .square_decay = 0.9, .epsilon = 1e-3};
  Vector x{{1.0, -2.0, 0.5}};
  const Trajectory run = solve(problem, solver, x, theta, {.steps = 7});
  Vector m = Vector::Zero(3), v = Vector::Zero(3);
  for (int t = 1; t <= 7; ++t) {
    const Vector g = problem.gradient(x, theta);
    for (Index i = 0; i < 3; ++i) {
      m[i] = 0.8 * m[i] + 0.2 * g[i];
      v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
      x[i] -= 0.1 * (m[i] / (1 - std::pow(0.8, t))) / (std::sqrt(v[i] / (1 - std::pow(0.9, t))) + 1e-3);
    }
  }
  CHECK((run.x() - x).norm() <= 1e-14);
}

TEST_CASE("the options of Adam are checked, each by name") {
  CHECK_THROWS_WITH_AS(Adam{.step_size = 0}.check(), doctest::Contains("Adam: the step size is 0"),
                       DomainError);
  CHECK_THROWS_WITH_AS(Adam{.mean_decay = 1}.check(), doctest::Contains("mean decay"), DomainError);
  CHECK_THROWS_WITH_AS(Adam{.square_decay = -1}.check(), doctest::Contains("square decay"), DomainError);
  CHECK_THROWS_WITH_AS(Adam{.epsilon = 0}.check(), doctest::Contains("epsilon"), DomainError);
}

}  // namespace
}  // namespace unroll
