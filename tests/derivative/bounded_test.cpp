// L-BFGS between bounds: the solution, its derivative, what is asked of f, and what is refused.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "derivative/check_methods.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/bounded_lbfgs.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::bounded {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The entries strictly between the bounds.
std::vector<Index> free_of(const Box& box, const Vector& x) {
  std::vector<Index> free;
  for (Index i = 0; i < x.size(); ++i)
    if (x[i] > box.lower[i] && x[i] < box.upper[i]) free.push_back(i);
  return free;
}

/// −H_FF⁻¹ M_F, zero elsewhere.
Matrix exact_jacobian(const Problem& f, const Box& box, const Vector& x, const Vector& theta) {
  const std::vector<Index> free = free_of(box, x);
  const Matrix H = f.hessian(x, theta), M = f.mixed(x, theta);
  Matrix J = Matrix::Zero(M.rows(), M.cols());
  J(free, Eigen::all) = -H(free, free).llt().solve(M(free, Eigen::all));
  return J;
}

/// The conditions of a minimiser in the box, beside the gradient's size.
double violation(const Problem& f, const Box& box, const Vector& x, const Vector& theta) {
  const Vector g = f.gradient(x, theta);
  return (x - box(Vector(x - g), 1, theta)).norm() / (1 + g.norm());
}

TEST_CASE("ridge and logistic regression between bounds: the solution, and its derivative by every method") {
  const test::Case ridge = test::ridge_case();
  const auto data = test::standardised_data("breast_cancer_diagnostic");
  const LogisticProblem logistic(data.values, plus_minus_labels(data.target));
  struct Bounded {
    const Problem& problem;
    Vector theta;
    double bound;
    Index steps;
  };
  for (const Bounded& given : {Bounded{*ridge.problem, ridge.theta, 1.5, 24},
                               Bounded{logistic, Vector::Constant(1, 0.02), 0.25, 60}}) {
    const Problem& f = given.problem;
    const Vector& theta = given.theta;
    const double bound = given.bound;
    const Index n = f.dimension();
    CAPTURE(n);
    const Box box{Vector::Constant(n, -bound), Vector::Constant(n, bound)};
    const BoundedLbfgs solver{box};
    const Vector x0 = Vector::Zero(n);
    const Trajectory run = solve(f, solver, x0, theta, {.steps = 200, .tolerance = 1e-10});
    CHECK(run.status == Status::converged);
    CHECK(run.steps < given.steps);
    CHECK(violation(f, box, run.x(), theta) <= 1e-9);
    const auto free = static_cast<Index>(free_of(box, run.x()).size());
    CHECK(free > 0);
    CHECK(free < n);
    const Matrix exact = exact_jacobian(f, box, run.x(), theta);
    const SolveOptions options{.steps = run.steps + 6};
    for (const test::Way& way :
         test::ways({.last_steps = 20, .budget = 200'000}, {test::Claim::unrolled, test::Claim::solution})) {
      const std::string& name = way.name;
      // The memory is a list that grows; and a step at x_T contracts more slowly than the run did.
      if (name.starts_with("corrected") || name == "at the end") continue;
      CAPTURE(name);
      const Derivative d = jacobian(f, solver, x0, theta, options, way.method);
      CHECK((d.dx - exact).norm() <= 1e-5 * exact.norm());
    }
    const SolveOptions early{.steps = 5};
    const Matrix unrolled = jacobian(f, solver, x0, theta, early, Reverse{}).dx;
    CHECK((jacobian(f, solver, x0, theta, early, Forward{}).dx - unrolled).norm() <= 1e-11 * unrolled.norm());
    CHECK((jacobian(f, solver, x0, theta, early, FiniteDifference{}).dx - unrolled).norm() <=
          1e-5 * unrolled.norm());
  }
}

TEST_CASE("without bounds it is L-BFGS") {
  const test::Case c = test::ridge_case();
  const Index n = c.problem->dimension();
  const Box none{Vector::Constant(n, -infinity), Vector::Constant(n, infinity)};
  const SolveOptions options{.steps = 8};
  const Derivative with = jacobian(*c.problem, BoundedLbfgs{none}, c.start, c.theta, options, Reverse{}),
                   without = jacobian(*c.problem, Lbfgs{}, c.start, c.theta, options, Reverse{});
  CHECK((with.x - without.x).norm() <= 1e-12 * without.x.norm());
  CHECK((with.dx - without.dx).norm() <= 1e-10 * without.dx.norm());
}

TEST_CASE("200 random quadratics in random boxes are solved, from any start") {
  test::Random random(7);
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const Index n = 2 + static_cast<Index>(seed % 30);
    const auto [problem, theta, x0, dx0] = test::random_quadratic(n, 2, 1e-2, 10, false, seed);
    const Vector a = random.vector(n), b = random.vector(n);
    const Box box{a.cwiseMin(b), a.cwiseMax(b)};
    const Trajectory run = solve(problem, BoundedLbfgs{box}, Vector(3 * random.vector(n)), theta,
                                 {.steps = 500, .tolerance = 1e-10});
    CHECK(run.status == Status::converged);
    CHECK(violation(problem, box, run.x(), theta) <= 1e-8);
  }
}

/// Σ θ_0 x_i − log x_i + (x_i − x_{i+1})²: defined for x > 0 alone, and says if it is asked elsewhere.
struct Barrier {
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const Vector at = value_of(x);
    if (!(at.array() > 0).all()) throw DomainError("asked outside");
    const Index n = at.size();
    return theta[0] * sum(x) - sum(log(x)) + squared_norm(V(head(x, n - 1) - tail(x, n - 1)));
  }
};

TEST_CASE("f is asked nowhere outside the box, its second gradients and trials included") {
  const Index n = 6;
  const auto problem = make_problem(Barrier{}, n, 1);
  Vector lower = Vector::Constant(n, 1e-8);
  lower[2] = 0.7;
  const Box box{lower, Vector::Constant(n, infinity)};
  const Vector theta = Vector::Constant(1, 3), x0 = Vector::Constant(n, -1);
  const Derivative d =
      jacobian(problem, BoundedLbfgs{box}, x0, theta, {.steps = 60, .tolerance = 1e-9}, Implicit{});
  CHECK(d.status == Status::converged);
  CHECK(d.x[2] == 0.7);
  const Matrix exact = exact_jacobian(problem, box, d.x, theta);
  CHECK((d.dx - exact).norm() <= 1e-6 * exact.norm());
  CHECK(d.dx(2, 0) == 0);
}

TEST_CASE("a start that is the solution moves with theta as differences say; a held entry does not") {
  const Matrix H{{2, 0.5, 0}, {0.5, 3, 0.2}, {0, 0.2, 1}};
  const auto problem = make_problem(
      [H]<class V>(const V& x, const V& theta) { return 0.5 * dot(x, V(H * x)) - dot(theta, x); }, 3, 3);
  const Vector theta{{1, -4, 0.5}};
  const Box box{Vector::Constant(3, -1), Vector::Constant(3, 1)};
  const Vector x =
      solve(problem, ProximalGradient<Box>{0.25, box}, Vector(Vector::Zero(3)), theta, {.steps = 400}).x();
  CHECK(x[1] == -1);
  const Matrix exact = exact_jacobian(problem, box, x, theta);
  for (const Index steps : {1, 3}) {
    const Derivative d = jacobian(problem, BoundedLbfgs{box}, x, theta, {.steps = steps}, Implicit{});
    CHECK((d.dx - exact).norm() <= 1e-9 * exact.norm());
  }
}

TEST_CASE("an entry with an infinite slope on its bound is held, and the others find their minimum") {
  const auto f = make_problem(
      []<class V>(const V& x, const V& t) {
        const scalar_t<V> r = x[1] - t[0];
        return sqrt(x[0]) + r * r;
      },
      2, 1);
  const BoundedLbfgs solver{{Vector::Zero(2), Vector::Constant(2, 9)}};
  const Vector theta = Vector::Constant(1, 1.5);
  const SolveOptions options{.steps = 200, .tolerance = 1e-10};
  for (const Vector& start : {Vector{{0, 0.2}}, Vector{{1, 0.2}}, Vector{{3, 9}}}) {
    const Trajectory run = solve(f, solver, start, theta, options);
    CHECK(run.status == Status::converged);
    CHECK((run.x() - Vector{{0, 1.5}}).norm() <= 1e-9);
    for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{})})
      CHECK((jacobian(f, solver, start, theta, options, method).dx - Vector{{0, 1}}).norm() <= 1e-7);
  }
}

TEST_CASE("steps that are cut short where f ends are no convergence, and a start on its edge says so") {
  // √(x_0 − 1/2) falls towards the end of its domain, which no bound names.
  const auto f = make_problem(
      []<class V>(const V& x, const V& t) {
        const scalar_t<V> r = x[0] - t[0], q = x[1] - 1.0;
        return sqrt(x[0] - 0.5) + r * r + q * q;
      },
      2, 1);
  const BoundedLbfgs solver{{Vector{{0, -1}}, Vector{{3, 9}}}};
  const Vector theta = Vector::Constant(1, 0.2);
  const Trajectory run = solve(f, solver, Vector{{3, 0}}, theta, {.steps = 200, .tolerance = 1e-10});
  CHECK(run.status != Status::converged);
  const auto logarithm =
      make_problem([]<class V>(const V& x, const V&) { return x[0] * x[0] - log(x[0]); }, 1, 1);
  CHECK(solve(logarithm, BoundedLbfgs{{Vector::Zero(1), Vector::Ones(1)}}, Vector(Vector::Zero(1)), theta,
              {.steps = 2})
            .status == Status::non_finite);
}

TEST_CASE("units of f make no difference, 1e-200 to 1e200, to L-BFGS with bounds or without") {
  const auto scaled = [](double c) {
    return make_problem(
        [c]<class V>(const V& x, const V& t) {
          const scalar_t<V> a = x[0] - t[0], b = x[1] - 2.0 * t[0], d = x[1] - x[0];
          return c * (a * a + b * b * b * b + d * d);
        },
        2, 1);
  };
  const Vector theta = Vector::Constant(1, 0.7), start = Vector::Zero(2);
  const SolveOptions options{.steps = 60, .tolerance = 1e-10};
  const auto check = [&](const auto& solver) {
    const Matrix expected = jacobian(scaled(1), solver, start, theta, options, Implicit{}).dx;
    for (const double c : {1e-200, 1e-150, 1e-90, 1e90, 1e150, 1e200}) {
      CAPTURE(c);
      CHECK(solve(scaled(c), solver, start, theta, options).status == Status::converged);
      for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{})})
        CHECK((jacobian(scaled(c), solver, start, theta, options, method).dx - expected).norm() <= 1e-6);
    }
  };
  check(BoundedLbfgs{{Vector::Constant(2, -9), Vector::Constant(2, 9)}});
  check(Lbfgs{});
  check(NonlinearConjugateGradient{});
}

TEST_CASE("bounds that cross, and of other sizes, are refused") {
  const test::Case c = test::ridge_case();
  const Index n = c.problem->dimension();
  const auto run = [&](const Box& box) {
    solve(*c.problem, BoundedLbfgs{box}, Vector(Vector::Zero(n)), c.theta, {.steps = 2});
  };
  CHECK_THROWS_AS(run({Vector::Ones(n), Vector::Zero(n)}), DomainError);
  CHECK_THROWS_AS(run({Vector::Constant(n, infinity), Vector::Constant(n, infinity)}), DomainError);
  CHECK_THROWS_AS(run({Vector::Zero(n), Vector::Ones(n - 1)}), ShapeError);
  CHECK_THROWS_AS(run({Vector::Zero(2), Vector::Ones(2)}), ShapeError);
  CHECK_THROWS_WITH_AS(solve(*c.problem, BoundedLbfgs{{Vector::Zero(n), Vector::Ones(n)}, 0},
                             Vector(Vector::Zero(n)), c.theta, {.steps = 2}),
                       doctest::Contains("L-BFGS with bounds"), DomainError);
}

}  // namespace
}  // namespace unroll::bounded
