#include "unroll/solver/sobolev.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "theory/reference.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {
namespace {

static_assert(Solver<Sobolev>);

constexpr double lowest = 0.05, highest = 1;

/// f = ½ Σ λ_j x_j², so that x_t = P_t(λ) from x_0 = 1.
AffineQuadratic diagonal(const Vector& lambda) {
  const Index n = lambda.size();
  return {lambda.asDiagonal(), {Matrix::Zero(n, n)}, Vector::Zero(n), Matrix::Zero(n, 1)};
}

Sobolev sobolev(double eta, double alpha = 0.5) {
  return {{.alpha = alpha, .eta = eta, .smallest_eigenvalue = lowest, .largest_eigenvalue = highest}};
}

TEST_CASE("on a diagonal quadratic the iterates are the Sobolev polynomials of the independent program") {
  const auto rows = test::reference_rows("sobolev_polynomials.csv");
  std::vector<double> points;
  for (const auto& row : rows) {
    const double lambda = std::stod(row[3]);
    if (std::find(points.begin(), points.end(), lambda) == points.end()) points.push_back(lambda);
  }
  const Vector lambda = Eigen::Map<const Vector>(points.data(), static_cast<Index>(points.size()));
  const AffineQuadratic problem = diagonal(lambda);
  std::map<std::pair<double, double>, Trajectory> runs;
  std::size_t compared = 0;
  for (const auto& row : rows) {
    const double alpha = std::stod(row[0]), eta = std::stod(row[1]);
    const auto t = static_cast<std::size_t>(std::stoi(row[2]));
    auto run = runs.find({alpha, eta});
    if (run == runs.end()) {
      run =
          runs.emplace(std::pair{alpha, eta}, solve(problem, sobolev(eta, alpha), Vector::Ones(lambda.size()),
                                                    Vector::Zero(1), {.steps = 60}))
              .first;
    }
    const auto j = std::find(points.begin(), points.end(), std::stod(row[3])) - points.begin();
    REQUIRE(t < run->second.iterates.size());
    CAPTURE(alpha);
    CAPTURE(eta);
    CAPTURE(t);
    CHECK(std::abs(run->second.iterates[t][j] - std::stod(row[4])) <= 1e-12);
    ++compared;
  }
  CHECK(compared == 588);
}

TEST_CASE("the Sobolev method costs one gradient a step and converges to the minimiser") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(12, 1, lowest, highest, false, 3);
  const Trajectory run = solve(problem, sobolev(1), x0, theta, {.steps = 300});
  CHECK(run.cost.gradients == 300);
  CHECK(run.cost.hessian_vector_products == 0);
  CHECK((run.x() - problem.minimiser(theta)).norm() <= 1e-13 * run.x().norm());
}

TEST_CASE("after a hundred thousand steps the iterate still is the minimiser") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(3, 1, 1e-4, 1, false, 4);
  const Sobolev solver{{.eta = 10, .smallest_eigenvalue = 1e-4, .largest_eigenvalue = 1}};
  const Trajectory run = solve(problem, solver, x0, theta, {.steps = 100000});
  CHECK(run.status == Status::step_limit);
  CHECK((run.x() - problem.minimiser(theta)).norm() <= 1e-9 * run.x().norm());
}

TEST_CASE("extreme alpha and eta give finite iterates that do not leave the start's size") {
  const AffineQuadratic problem = diagonal(Vector{{0.05, 0.3, 1.0}});
  for (const double alpha : {1e-300, 1e-12, 0.5, 1e3, 1e6}) {
    for (const double eta : {0.0, 1e-300, 1.0, 1e300}) {
      CAPTURE(alpha);
      CAPTURE(eta);
      const Trajectory run =
          solve(problem, sobolev(eta, alpha), Vector::Ones(3), Vector::Zero(1), {.steps = 200});
      CHECK(run.status == Status::step_limit);
      CHECK(test::largest(run.x().cwiseAbs()) <= 1.001);
    }
  }
}

TEST_CASE("where the spectrum is a point the Sobolev method is the step 1/L") {
  const AffineQuadratic problem = diagonal(Vector{{0.5, 2.0}});
  const Sobolev solver{{.eta = 3, .smallest_eigenvalue = 2, .largest_eigenvalue = 2}};
  const Trajectory run = solve(problem, solver, Vector::Ones(2), Vector::Zero(1), {.steps = 2});
  CHECK(run.iterates[1] == Vector{{0.75, 0}});
  CHECK(run.iterates[2] == Vector{{0.5625, 0}});
}

TEST_CASE("a run goes on from a stored state as if it had not stopped") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(6, 1, lowest, highest, false, 5);
  const Oracle<Vector> f(problem);
  const auto whole = run(f, sobolev(0.3), x0, theta, {.steps = 50});
  const auto half = run(f, sobolev(0.3), x0, theta, {.steps = 20});
  const auto rest = resume(f, sobolev(0.3), half.state, theta, 20, {.steps = 50});
  CHECK(rest.state.x == whole.state.x);
}

TEST_CASE("the state on a tape has the values of the plain state, its schedule as it is") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(6, 1, lowest, highest, false, 5);
  Tape tape;
  const auto taped =
      run(Oracle<VarVector>(problem), sobolev(0.3), tape.input(x0), tape.input(theta), {.steps = 7});
  const auto stored = map_state<SobolevState<Vector>>(taped.state, [](const auto& member) {
    return std::remove_cvref_t<decltype(value_of(member))>(value_of(member));
  });
  const Oracle<Vector> f(problem);
  const auto whole = run(f, sobolev(0.3), x0, theta, {.steps = 40});
  const auto rest = resume(f, sobolev(0.3), stored, theta, 7, {.steps = 40});
  CHECK((rest.state.x - whole.state.x).norm() <= 1e-14 * x0.norm());
}

TEST_CASE("a Sobolev method with options out of their range is refused before the first step") {
  const AffineQuadratic problem = diagonal(Vector{{0.5, 1.0}});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto refused = [&](double alpha, double eta, double smallest, double largest) {
    const Sobolev solver{{alpha, eta, smallest, largest}};
    CHECK_THROWS_AS(solve(problem, solver, Vector::Ones(2), Vector::Zero(1)), DomainError);
  };
  refused(0, 1, lowest, highest);
  refused(-0.5, 1, lowest, highest);
  refused(nan, 1, lowest, highest);
  refused(0.5, -1e-9, lowest, highest);
  refused(0.5, nan, lowest, highest);
  refused(0.5, 1, 0, highest);
  refused(0.5, 1, -1, highest);
  refused(0.5, 1, 2, 1);
  refused(0.5, 1, lowest, nan);
}

}  // namespace
}  // namespace unroll
