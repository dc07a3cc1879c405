// Nonlinear constraints by the method of multipliers: solutions, multipliers, and their derivatives.
#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "derivative/check_methods.hpp"
#include "unroll/derivative/augmented_lagrangian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/constrained.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::nonlinear_program {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// ½‖x − θ‖².
struct Distance {
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - theta));
  }
};
/// ‖x‖², a scalar.
struct SquaredNorm {
  template <class V>
  scalar_t<V> operator()(const V& x, const V&) const {
    return squared_norm(x);
  }
};

TEST_CASE("the nearest point of a ball and of its sphere, and ∂x, by every method") {
  const Vector theta{{1.5, -2, 0.7}}, zero = Vector::Zero(3);
  const double r = theta.norm();
  const Vector u = theta / r;
  const Matrix exact = (Matrix::Identity(3, 3) - u * u.transpose()) / r;
  for (const double lower : {-infinity, 1.0}) {
    CAPTURE(lower);
    const auto program = make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3,
                                                Vector(Vector::Constant(1, lower)), Vector(Vector::Ones(1)));
    const AugmentedLagrangian solver(program, 4.0);
    const Trajectory run =
        solve(program, solver, zero + Vector::Constant(3, 0.1), theta, {.steps = 60, .tolerance = 1e-10});
    CHECK(run.status == Status::converged);
    CHECK((run.x() - u).norm() <= 1e-9);
    const SolveOptions options{.steps = run.steps + 10};
    CHECK((jacobian(program, solver, zero, theta, options, Implicit{}).dx - exact).norm() <= 1e-7);
    CHECK((jacobian(program, solver, zero, theta, options, Reverse{}).dx - exact).norm() <= 1e-7);
    test::check_methods(program, solver, Vector(zero), theta, run.steps + 10, {.contracts = false});
  }
  // Inside the ball the constraint is not there.
  const auto program =
      make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3, Vector(Vector::Constant(1, -infinity)),
                             Vector(Vector::Constant(1, 100.0)));
  const Derivative d = jacobian(program, AugmentedLagrangian(program), zero, theta, {.steps = 5}, Implicit{});
  CHECK((d.dx - Matrix::Identity(3, 3)).norm() <= 1e-8);
}

/// Problem 71 of Hock & Schittkowski (1981): θ = (25, 40) are the bounds of product and squares.
struct Objective71 {
  template <class V>
  scalar_t<V> operator()(const V& x, const V&) const {
    return x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2];
  }
};
struct Constraints71 {
  template <class V>
  V operator()(const V& x, const V& theta) const {
    const std::vector<scalar_t<V>> both{x[0] * x[1] * x[2] * x[3] - theta[0], squared_norm(x) - theta[1]};
    return V(concatenate(V(assemble(both)), x));
  }
};

TEST_CASE("Hock and Schittkowski's problem 71: the published solution, and the multipliers' sensitivities") {
  const Vector lower{{0, 0, 1, 1, 1, 1}}, upper{{infinity, 0, 5, 5, 5, 5}};
  const auto program = make_nonlinear_program(Objective71{}, Constraints71{}, 4, 2, lower, upper);
  const AugmentedLagrangian solver(program, 30.0);
  const Vector theta{{25, 40}}, x0{{1, 5, 5, 1}};
  const SolveOptions options{.steps = 80, .tolerance = 1e-9};
  const Trajectory run = solve(program, solver, x0, theta, options);
  CHECK(run.status == Status::converged);
  CHECK((run.x() - Vector{{1, 4.7429994, 3.8211503, 1.3794082}}).norm() <= 1e-6);
  CHECK(std::abs(program.value(run.x(), theta) - 17.0140173) <= 1e-6);
  const Derivative d = jacobian(program, solver, x0, theta, options, Implicit{});
  CHECK(d.dx.row(0).norm() <= 1e-8);  // held by its bound
  const double h = 1e-4;
  for (Index i = 0; i < 2; ++i) {
    const auto at = [&](double shift) {
      return solve(program, solver, run.x(), Vector(theta + shift * Vector::Unit(2, i)), options).x();
    };
    CHECK(((at(h) - at(-h)) / (2 * h) - d.dx.col(i)).norm() <= 1e-5);
  }
  // Published multipliers: the objective's rate of change in the two bounds.
  const Vector rate = d.dx.transpose() * program.gradient(d.x, theta);
  CHECK(std::abs(rate[0] - 0.5522937) <= 1e-5);
  CHECK(std::abs(rate[1] + 0.1614686) <= 1e-5);
}

TEST_CASE("equations by multipliers have the derivative that their Lagrangian's root has") {
  const auto f = []<class V>(const V& x, const V& theta) {
    return sum(exp(x)) + 0.5 * squared_norm(V(x - head(theta, 3)));
  };
  const auto c = []<class V>(const V& x, const V& theta) {
    const std::vector<scalar_t<V>> both{squared_norm(x) - theta[3], x[0] + 2.0 * x[1] - x[2] * theta[3]};
    return V(assemble(both));
  };
  const Vector theta{{0.4, -0.3, 0.8, 1.5}}, zero = Vector::Zero(2);
  const auto program = make_nonlinear_program(f, c, 3, 4, zero, zero);
  const AugmentedLagrangian solver(program, 20.0);
  const Vector x0{{0.5, 0.3, 0.9}};
  const Derivative d = jacobian(program, solver, x0, theta, {.steps = 40}, Implicit{});
  const auto root = make_constrained(f, c, 3, 2, 4);
  Vector z(5);
  z << d.x, 0, 0;
  const Derivative exact = jacobian(root, Newton{}, z, theta, {.steps = 30, .tolerance = 1e-12}, Implicit{});
  CHECK((d.x - exact.x.head(3)).norm() <= 1e-8);
  CHECK((d.dx - exact.dx.topRows(3)).norm() <= 1e-7 * exact.dx.norm());
}

TEST_CASE("what has no feasible point does not converge; wrong sizes, bounds and penalties are refused") {
  const Vector one = Vector::Ones(1), theta = Vector::Ones(3);
  const auto impossible =
      make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3, Vector(-2 * one), Vector(-one));
  const Trajectory run =
      solve(impossible, AugmentedLagrangian(impossible), theta, theta, {.steps = 15, .tolerance = 1e-8});
  CHECK(run.status == Status::step_limit);
  CHECK_THROWS_WITH_AS(make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3, one, Vector(-one)),
                       doctest::Contains("constraint 0 are 1 and -1"), DomainError);
  CHECK_THROWS_WITH_AS(make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3, one, theta),
                       doctest::Contains("1 lower bounds and 3 upper"), ShapeError);
  const auto two = make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3, Vector(Vector::Zero(2)),
                                          Vector(Vector::Ones(2)));
  CHECK_THROWS_WITH_AS(solve(two, AugmentedLagrangian(two), theta, theta, {.steps = 1}),
                       doctest::Contains("c gave 1 entries, m is 2"), ShapeError);
  CHECK_THROWS_WITH_AS(solve(two, AugmentedLagrangian(two, -1.0), theta, theta, {.steps = 1}),
                       doctest::Contains("penalty"), DomainError);
  const Vector infinite = Vector::Constant(1, std::numeric_limits<double>::infinity());
  CHECK_THROWS_WITH_AS(make_nonlinear_program(Distance{}, SquaredNorm{}, 3, 3, infinite, infinite),
                       doctest::Contains("constraint 0 are inf and inf"), DomainError);
}

TEST_CASE("a penalty that is too small is named, and so are constraints that depend on one another") {
  // −x_0 x_1 on x_0 + x_1 = 2: (1, 1). L is convex from ρ = 1/2 on, multipliers converge from ρ = 1 on.
  const auto product =
      make_nonlinear_program([](const auto& x, const auto& theta) { return -theta[0] * x[0] * x[1]; },
                             [](const auto& x, const auto&) { return x[0] + x[1]; }, 2, 1,
                             Vector(Vector::Constant(1, 2)), Vector(Vector::Constant(1, 2)));
  const Vector start{{0, 0.1}}, one = Vector::Ones(1);
  const SolveOptions options{.steps = 60, .tolerance = 1e-10};
  CHECK_THROWS_WITH_AS(solve(product, AugmentedLagrangian(product, 0.3), start, one, options),
                       doctest::Contains("penalty 0.3"), NumericalError);
  CHECK(solve(product, AugmentedLagrangian(product, 0.6), start, one, {.steps = 20, .tolerance = 1e-10})
            .status == Status::step_limit);
  const Trajectory run = solve(product, AugmentedLagrangian(product, 2.0), start, one, options);
  CHECK(run.status == Status::converged);
  CHECK((run.x() - Vector::Ones(2)).norm() <= 1e-8);

  const auto twice = make_nonlinear_program(
      Distance{},
      []<class V>(const V& x, const V&) {
        return V(concatenate(V(head(x, 1) + tail(x, 1)), V(2.0 * (head(x, 1) + tail(x, 1)))));
      },
      2, 2, Vector{{1, 2}}, Vector{{1, 2}});
  const Vector theta{{3, 4}};
  CHECK_THROWS_WITH_AS(
      jacobian(twice, AugmentedLagrangian(twice), Vector(Vector::Zero(2)), theta, options, Implicit{}),
      doctest::Contains("constraints that depend on one another"), NumericalError);
  const Derivative d =
      jacobian(twice, AugmentedLagrangian(twice), Vector(Vector::Zero(2)), theta, options, Reverse{});
  CHECK((d.dx - Matrix{{0.5, -0.5}, {-0.5, 0.5}}).norm() <= 1e-7);
}

}  // namespace
}  // namespace unroll::nonlinear_program
