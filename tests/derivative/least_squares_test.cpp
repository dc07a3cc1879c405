// Gauss–Newton and Levenberg–Marquardt unrolled: forwards, backwards, by differences, implicitly.
#include "unroll/problem/least_squares.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/gauss_newton.hpp"
#include "unroll/solver/levenberg_marquardt.hpp"

namespace unroll::least_squares {
namespace {

/// x_0 exp(−x_1 t) + x_2 − θ at the times t: a curve fitted to the data θ.
struct Decay {
  Vector times;
  template <class V>
  V operator()(const V& x, const V& theta) const {
    const scalar_t<V> rate = -1.0 * x[1];
    return V(x[0] * V(exp(V(rate * V(times)))) + x[2]) - theta;
  }
};
const Vector times = Vector::LinSpaced(9, 0, 4);
Vector data() {
  Vector y = 2 * (-0.7 * times.array()).exp() + 0.5;
  for (Index i = 0; i < y.size(); ++i) y[i] += 0.05 * std::cos(5.0 * static_cast<double>(i));
  return y;
}

template <class S>
void check_unrolled(const S& solver, const Vector& x0, Index steps) {
  const auto problem = make_least_squares(Decay{times}, 3, times.size());
  const auto by = [&](Index t, const Method& method) {
    return jacobian(problem, solver, x0, data(), {.steps = t}, method);
  };
  for (const Index t : {1, 2, 4}) {
    const Matrix forward = by(t, Forward{}).dx;
    CHECK((by(t, Reverse{}).dx - forward).norm() <= 1e-11 * (1 + forward.norm()));
    CHECK((by(t, FiniteDifference{}).dx - forward).norm() <= 1e-5 * (1 + forward.norm()));
  }
  const Derivative end = by(steps, Reverse{}), implicit = by(steps, Implicit{});
  CHECK((end.dx - implicit.dx).norm() <= 1e-8 * implicit.dx.norm());
  CHECK((by(steps, OneStep{}).dx - implicit.dx).norm() <= 1e-8 * implicit.dx.norm());
  CHECK(problem.gradient(end.x, data()).norm() <= 1e-10);
}

TEST_CASE("Gauss–Newton, damped and not, unrolled through the residuals' curvature") {
  check_unrolled(GaussNewton{}, Vector{{1.8, 0.8, 0.4}}, 60);
  check_unrolled(GaussNewton{.damping = 0.05}, Vector{{1.8, 0.8, 0.4}}, 400);
}

TEST_CASE("Levenberg–Marquardt, from far away: steps are refused, none of them moves x or its derivative") {
  const Vector far{{0.1, 4.0, -3.0}};
  check_unrolled(LevenbergMarquardt{}, far, 120);
  check_unrolled(LevenbergMarquardt{.first_damping = 1e-8}, far, 120);
  for (const double damping : {0.1, 1.0})  // which itself moves the first steps, and must not move with θ
    check_unrolled(LevenbergMarquardt{.first_damping = damping}, Vector{{1.8, 0.8, 0.4}}, 120);
  const auto problem = make_least_squares(Decay{times}, 3, times.size());
  double before = problem.value(far, data());
  for (const Vector& x : solve(problem, LevenbergMarquardt{}, far, data(), {.steps = 40}).iterates) {
    const double now = problem.value(x, data());
    CHECK(now <= before * (1 + 1e-13));
    before = now;
  }
  const Trajectory run =
      solve(problem, LevenbergMarquardt{}, far, data(), {.steps = 200, .tolerance = 1e-10});
  CHECK(run.status == Status::converged);
  CHECK_THROWS_AS(LevenbergMarquardt{.first_damping = 0}.check(), DomainError);
}

TEST_CASE("a refused step leaves the derivative as it is") {
  // The first step from here lands where f is larger.
  const auto problem = make_least_squares(
      [](const auto& x, const auto& theta) {
        using V = std::decay_t<decltype(x)>;
        return V(V(atan(V(3.0 * x))) - theta);
      },
      1, 1);
  const LevenbergMarquardt solver{.first_damping = 1e-9};
  const Vector x0 = Vector::Constant(1, 2), theta = Vector::Constant(1, 0.2);
  const Trajectory run = solve(problem, solver, x0, theta, {.steps = 1});
  CHECK(run.status == Status::none_accepted);
  CHECK(run.x() == x0);
  CHECK(jacobian(problem, solver, x0, theta, {.steps = 1}, Reverse{}).dx(0, 0) == 0);
  const Derivative d = jacobian(problem, solver, x0, theta, {.steps = 60}, Reverse{});
  CHECK(d.x[0] == doctest::Approx(std::tan(0.2) / 3));
  CHECK(d.dx(0, 0) == doctest::Approx((1 + std::pow(std::tan(0.2), 2)) / 3));
}

}  // namespace
}  // namespace unroll::least_squares
