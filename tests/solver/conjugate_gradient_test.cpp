// Conjugate gradients, linear and nonlinear, and L-BFGS: what they promise on quadratics and beyond.
#include "unroll/solver/conjugate_gradient.hpp"

#include <doctest/doctest.h>

#include "problem/problem_cases.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/solver/steepest_descent.hpp"

namespace unroll {
namespace {

double error(const Trajectory& run, std::size_t t, const Vector& minimiser) {
  return (run.iterates[t] - minimiser).norm() / minimiser.norm();
}

TEST_CASE("conjugate gradients end at the minimiser after n steps, and stay there") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(8, 1, 0.1, 2, false, 3);
  const Vector minimiser = problem.minimiser(theta);
  const Trajectory run = solve(problem, ConjugateGradient{}, x0, theta, {.steps = 500});
  CHECK(error(run, 7, minimiser) >= 1e-6);
  CHECK(error(run, 8, minimiser) <= 1e-10);
  CHECK(run.status == Status::step_limit);
  CHECK(error(run, 500, minimiser) <= 1e-13);
}

TEST_CASE("from a start that is small beside the minimiser conjugate gradients keep ten digits") {
  const auto problem =
      make_problem([](const auto& x, const auto& theta) { return 0.5 * squared_norm(x - theta); }, 2, 2);
  for (const double scale : {1e6, 1e10, 1e16, 1e100}) {
    CAPTURE(scale);
    const Vector theta = scale * Vector{{1, 2}};
    CHECK((solve(problem, ConjugateGradient{}, Vector::Zero(2), theta, {.steps = 2}).x() - theta).norm() <=
          1e-10 * theta.norm());
    CHECK((solve(problem, SteepestDescent{}, Vector::Zero(2), theta, {.steps = 1}).x() - theta).norm() <=
          1e-10 * theta.norm());
  }
}

TEST_CASE("conjugate gradients minimise over the Krylov space: no polynomial of their degree does better") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(8, 1, 0.1, 2, false, 3);
  const Matrix H = problem.hessian_matrix(theta);
  const Vector minimiser = problem.minimiser(theta), g = problem.gradient(x0, theta);
  const Trajectory run = solve(problem, ConjugateGradient{}, x0, theta, {.steps = 3});
  Matrix K(8, 3);
  K << g, H * g, H * (H * g);
  const Vector c = (K.transpose() * H * K).ldlt().solve(K.transpose() * H * (minimiser - x0));
  CHECK((run.x() - (x0 + K * c)).norm() <= 1e-11 * x0.norm());
}

TEST_CASE(
    "conjugate gradients from the minimiser take no step, make no NaN, and forget how the start moved") {
  const AffineQuadratic problem(2 * Matrix::Identity(3, 3), {Matrix::Identity(3, 3)}, Vector::Zero(3),
                                Matrix::Zero(3, 1));
  const Vector theta = Vector::Ones(1), zero = Vector::Zero(3);
  CHECK(solve(problem, ConjugateGradient{}, zero, theta, {.steps = 4}).x() == zero);
  CHECK(solve(problem, NonlinearConjugateGradient{}, zero, theta, {.steps = 4}).x() == zero);
  CHECK(solve(problem, Lbfgs{}, zero, theta, {.steps = 4}).x() == zero);
  const auto end = run(Oracle<DualVector>(problem), ConjugateGradient{}, DualVector(zero, Matrix::Ones(3, 1)),
                       DualVector(theta, Matrix::Ones(1, 1)), {.steps = 4});
  CHECK(end.state.x.tangents() == Matrix::Zero(3, 1));  // the minimiser is 0 for every θ
}

TEST_CASE("conjugate gradients refuse a Hessian that is not positive definite") {
  const AffineQuadratic problem(Matrix{{1.0, 0.0}, {0.0, -1.0}}, {Matrix::Zero(2, 2)}, Vector::Zero(2),
                                Matrix::Zero(2, 1));
  CHECK_THROWS_WITH_AS(solve(problem, ConjugateGradient{}, Vector{{0.1, 1.0}}, Vector::Ones(1)),
                       doctest::Contains("not positive definite"), NumericalError);
}

TEST_CASE("nonlinear conjugate gradients and L-BFGS are conjugate gradients on a quadratic") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(8, 1, 0.1, 2, false, 3);
  const SolveOptions options{.steps = 6};
  const Trajectory linear = solve(problem, ConjugateGradient{}, x0, theta, options);
  const Trajectory nonlinear = solve(problem, NonlinearConjugateGradient{}, x0, theta, options);
  const Trajectory lbfgs = solve(problem, Lbfgs{}, x0, theta, options);
  for (std::size_t t = 1; t <= 6; ++t) {
    CHECK((nonlinear.iterates[t] - linear.iterates[t]).norm() <= 1e-8 * x0.norm());
    CHECK((lbfgs.iterates[t] - linear.iterates[t]).norm() <= 1e-8 * x0.norm());
  }
}

TEST_CASE("nonlinear conjugate gradients and L-BFGS converge on an objective that is no quadratic") {
  const auto c = test::problem_cases()[3];
  for (const Trajectory& run :
       {solve(*c.problem, NonlinearConjugateGradient{}, 10 * c.x, c.theta, {.steps = 60}),
        solve(*c.problem, Lbfgs{}, 10 * c.x, c.theta, {.steps = 60})})
    CHECK(c.problem->gradient(run.x(), c.theta).norm() <= 1e-13 * 10);
}

TEST_CASE("L-BFGS applies the inverse that the BFGS formula gives, and forgets all but `memory` pairs") {
  const auto c = test::problem_cases()[3];
  const Lbfgs solver{.memory = 2};
  const Oracle<Vector> f(*c.problem);
  const auto end = run(f, solver, Vector(10 * c.x), c.theta, {.steps = 5});
  REQUIRE(end.state.steps.size() == 2);
  const Vector g = c.problem->gradient(end.state.x, c.theta);
  std::vector<Vector> s = end.state.steps, y = end.state.changes;
  s.erase(s.begin());
  y.erase(y.begin());
  s.push_back(end.state.x - end.state.previous);
  y.push_back(g - end.state.gradient);
  const Index n = 4;
  Matrix B = s[1].dot(y[1]) / y[1].squaredNorm() * Matrix::Identity(n, n);
  for (std::size_t i = 0; i < 2; ++i) {
    const double rho = 1 / s[i].dot(y[i]);
    const Matrix P = Matrix::Identity(n, n) - rho * y[i] * s[i].transpose();
    B = (P.transpose() * B * P + rho * s[i] * s[i].transpose()).eval();
  }
  const Vector moved = solver.step(f, end.state, c.theta, 5).x - end.state.x, p = -B * g;
  CHECK((moved / moved.norm() - p / p.norm()).norm() <= 1e-9);
}

TEST_CASE("the options of L-BFGS and of its line search are checked, each by name") {
  CHECK_THROWS_WITH_AS(Lbfgs{.memory = 0}.check(), doctest::Contains("L-BFGS: the memory is 0"), DomainError);
  CHECK_THROWS_WITH_AS((Lbfgs{.search = {.reach = 0}}.check()), doctest::Contains("reach"), DomainError);
  CHECK_THROWS_WITH_AS((NonlinearConjugateGradient{{.shorten = {.shrink = 2}}}.check()),
                       doctest::Contains("shrink"), DomainError);
}

}  // namespace
}  // namespace unroll
