// Roots F(x, θ) = 0: public test functions, all solvers and methods, certificates, errors.
#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cmath>
#include <functional>

#include "derivative/published_systems.hpp"
#include "problem/differences.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/check/problem.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/anderson.hpp"
#include "unroll/solver/broyden.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::roots {
namespace {

using test::Published;
using test::stacked;

TEST_CASE("thirteen published systems: Newton's method finds the root, and its derivative in the data") {
  const std::vector<Published> all = test::published_systems();
  CHECK(all.size() == 13);
  for (const Published& p : all) {
    CAPTURE(p.name);
    const Vector zero = Vector::Zero(p.start.size());
    CHECK(check_problem(*p.root, p.start, zero));
    const Newton newton{.halvings = 20};
    const SolveOptions options{.steps = 60, .tolerance = 1e-12};
    const Trajectory run = solve(*p.root, newton, p.start, zero, options);
    CHECK(run.status == Status::converged);
    CHECK(p.root->residual(run.x(), zero).norm() <= 1e-10);
    if (p.solution.size() > 0) CHECK((run.x() - p.solution).norm() <= 1e-9 * p.solution.norm());
    const Matrix exact = p.root->hessian(run.x(), zero).inverse();
    for (const Method& method :
         {Method(Reverse{}), Method(Forward{}), Method(Implicit{}), Method(OneStep{})}) {
      const Derivative d = jacobian(*p.root, newton, p.start, zero, options, method);
      CHECK((d.dx - exact).norm() <= 1e-7 * exact.norm());
    }
    const Derivative differences =
        jacobian(*p.root, newton, p.start, zero, {.steps = 60}, FiniteDifference{});
    CHECK((differences.dx - exact).norm() <= p.difference_error * exact.norm());
  }
}

/// A monotone F that is no gradient: F = Bx + tanh(x)/2 + C tanh(θ) + θ_0 x/10, B with a skew part.
struct Monotone {
  Matrix B, C;
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return V(B * x) + 0.5 * V(tanh(x)) + V(C * V(tanh(theta))) + V(0.1 * theta[0] * x);
  }
};
Monotone monotone(Index n, Index p, unsigned seed) {
  test::Random random(seed);
  const Matrix A = random.matrix(n, n), S = random.matrix(n, n);
  return {Matrix(Matrix::Identity(n, n) + A * A.transpose() / (4.0 * static_cast<double>(n)) +
                 0.5 * (S - S.transpose())),
          random.matrix(n, p)};
}

/// x* by Newton, and ∂x*, from scratch.
struct Exact {
  Vector x;
  Matrix dx;
  Exact(const Root& root, const Vector& theta) : x(Vector::Zero(root.dimension())) {
    for (int i = 0; i < 60; ++i) x -= root.hessian(x, theta).partialPivLu().solve(root.residual(x, theta));
    dx = -root.hessian(x, theta).partialPivLu().solve(root.mixed(x, theta));
  }
};

template <class S>
void check_solver_on_roots(const S& solver, Index steps, double implicit_error) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const Index n = 4 + static_cast<Index>(seed), p = 3;
    const auto root = make_root(monotone(n, p, seed), n, p);
    test::Random random(seed + 10);
    const Vector theta = random.vector(p), x0 = random.vector(n);
    const auto by = [&](Index t, const Method& method) {
      return jacobian(root, solver, x0, theta, {.steps = t}, method);
    };
    for (const Index t : {1, 3, 7}) {
      const Matrix forward = by(t, Forward{}).dx;
      CHECK((by(t, Reverse{}).dx - forward).norm() <= 1e-10 * std::max(1.0, forward.norm()));
      CHECK((by(t, Reverse{.memory_budget = 300000}).dx - forward).norm() <=
            1e-10 * std::max(1.0, forward.norm()));
      CHECK((by(t, FiniteDifference{}).dx - forward).norm() <= 1e-5 * std::max(1.0, forward.norm()));
    }
    const Exact exact(root, theta);
    CHECK((by(steps, Implicit{}).dx - exact.dx).norm() <= implicit_error * exact.dx.norm());
    CHECK((by(steps, Reverse{.corrected = true}).dx - exact.dx).norm() <= implicit_error * exact.dx.norm());
  }
}

TEST_CASE("every solver and method on roots that are no gradients") {
  check_solver_on_roots(Newton{}, 12, 1e-10);
  check_solver_on_roots(Newton{.halvings = 4}, 12, 1e-10);
  check_solver_on_roots(Newton{.damping = 0.1}, 60, 1e-10);
  check_solver_on_roots(GradientDescent{0.2}, 400, 1e-7);
  check_solver_on_roots(Broyden{.step_size = 0.3}, 60, 1e-7);
}

TEST_CASE("Newton's method unrolled is exact at every step, and implicit differentiation at the end") {
  const auto root = make_root(monotone(5, 3, 7), 5, 3);
  test::Random random(1);
  const Vector theta = random.vector(3), x0 = random.vector(5), w = random.vector(5);
  const Exact exact(root, theta);
  const Vjp v = vjp(root, Newton{}, x0, theta, w, {.steps = 8}, Reverse{});
  CHECK((v.dtheta - exact.dx.transpose() * w).norm() <= 1e-12 * exact.dx.norm());
  // A quadratic's H has a derivative in θ, which Newton's step contains.
  const AffineQuadratic quadratic(Matrix{{2, 0.5}, {0.5, 1}},
                                  {Matrix{{1, 0}, {0, 0}}, Matrix{{0, 1}, {1, 0}}}, Vector{{1, -1}},
                                  Matrix::Identity(2, 2));
  const Derivative d = jacobian(quadratic, Newton{.damping = 0.3}, Vector(Vector::Ones(2)),
                                Vector{{0.1, 0.2}}, {.steps = 3}, Reverse{});
  const Derivative differences = jacobian(quadratic, Newton{.damping = 0.3}, Vector(Vector::Ones(2)),
                                          Vector{{0.1, 0.2}}, {.steps = 3}, FiniteDifference{});
  CHECK((d.dx - differences.dx).norm() <= 1e-7 * d.dx.norm());
}

TEST_CASE("the derivative of an equation that is no gradient: B⁻¹, by every method") {
  const Matrix B{{2, 1}, {-1, 2}};
  const auto root = make_root([B]<class V>(const V& x, const V& theta) { return V(V(B * x) - theta); }, 2, 2);
  const Vector theta{{1, 2}}, zero = Vector::Zero(2);
  for (const Method& method :
       {Method(Reverse{}), Method(Forward{}), Method(Implicit{}), Method(Reverse{.corrected = true}),
        Method(Reverse{.at_end = true}), Method(FiniteDifference{})}) {
    const Derivative d = jacobian(root, GradientDescent{0.3}, zero, theta, {.steps = 200}, method);
    CHECK((d.dx - B.inverse()).norm() <= 1e-8);
  }
  CHECK((implicit_jacobian(root, zero, theta) - B.inverse()).norm() <= 1e-14);
  CHECK((implicit_jacobian(root, zero, theta, {.linear_solver = LinearSolver::gmres}) - B.inverse()).norm() <=
        1e-9);
  CHECK_THROWS_AS(implicit_jacobian(root, zero, theta, {.linear_solver = LinearSolver::conjugate_gradient}),
                  DomainError);
}

TEST_CASE("certificates of roots: with σ_min for ℓ, never below the error") {
  int bounds = 0, good = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const Index n = 2 + static_cast<Index>(seed) % 6, p = 1 + static_cast<Index>(seed) % 3;
    const auto root = make_root(monotone(n, p, seed), n, p);
    test::Random random(seed);
    const Vector theta = random.vector(p), x0 = random.vector(n), w = random.vector(n);
    const Exact exact(root, theta);
    for (const Index steps : {5, 20, 80}) {
      for (const Reverse& method :
           {Reverse{.certify = Certify::always}, Reverse{.corrected = true, .certify = Certify::always}}) {
        const Derivative d = jacobian(root, GradientDescent{0.2}, x0, theta, {.steps = steps}, method);
        const Vjp v = vjp(root, GradientDescent{0.2}, x0, theta, w, {.steps = steps}, method);
        const auto check = [&](const Certificate& c, double error) {
          CAPTURE(c.message());
          REQUIRE(c.bound);
          CHECK(c.estimated());
          CHECK(error <= 1.5 * *c.bound + 1e-12);  // an estimate: of the constants at x_T
          ++bounds;
          good += c.verdict == Verdict::good;
        };
        check(d.certificate, (d.dx - exact.dx).norm());
        check(v.certificate, (v.dtheta - exact.dx.transpose() * w).norm());
      }
    }
  }
  CHECK(bounds == 144);
  CHECK(good >= 48);
}

TEST_CASE("what is wrong with a root is said") {
  const auto none = make_root([]<class V>(const V& x, const V& t) { return V(square(x) + t); }, 1, 1);
  const Vector one = Vector::Ones(1);
  const Trajectory lost =
      solve(none, Newton{.halvings = 8}, Vector(3 * one), one, {.steps = 40, .tolerance = 1e-8});
  CHECK(lost.status != Status::converged);
  const auto flat = make_root(
      []<class V>(const V& x, const V& t) {
        return stacked<V>({x[0] + x[1] - t[0], 2 * x[0] + 2 * x[1] - t[0]});
      },
      2, 1);
  CHECK_THROWS_WITH_AS(solve(flat, Newton{}, Vector(Vector::Ones(2)), one, {.steps = 3}),
                       doctest::Contains("smallest singular value"), NumericalError);
  CHECK_THROWS_WITH_AS(implicit_jacobian(flat, Vector::Ones(2), one), doctest::Contains("singular"),
                       NumericalError);
  const auto short_f = make_root([]<class V>(const V& x, const V&) { return V(head(x, 1)); }, 2, 1);
  CHECK_THROWS_WITH_AS(short_f.residual(Vector::Ones(2), one), doctest::Contains("1 entries"), ShapeError);
  CHECK_THROWS_WITH_AS(none.value(one, one), doctest::Contains("no objective"), UnsupportedError);
  CHECK_THROWS_AS(none.second_order(one, one, one, one), UnsupportedError);
  CHECK_THROWS_WITH_AS(jacobian(none, GradientDescent{0.1}, one, one, {.steps = 3}, Certified{}),
                       doctest::Contains("no positive definite H"), UnsupportedError);
  const auto curved = make_problem(
      [](const auto& x, const auto& t) {
        return 0.25 * square(squared_norm(x)) + 0.5 * squared_norm(x) - t[0] * x[0];
      },
      2, 1);
  const auto by = [&](const auto& method, Index steps) {
    return jacobian(curved, Newton{}, Vector(Vector::Ones(2)), one, {.steps = steps}, method).dx;
  };
  CHECK((by(Reverse{}, 3) - by(Forward{}, 3)).norm() <= 1e-13);
  CHECK((by(Reverse{}, 12) - by(Implicit{}, 12)).norm() <= 1e-13);
}

}  // namespace
}  // namespace unroll::roots
