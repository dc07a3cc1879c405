// Runs from the tip of a cone, θ‖x‖ at x = 0 say, whose slope there is 0 whatever θ, 0 itself among them.
#include <doctest/doctest.h>

#include "unroll/ad/along.hpp"
#include "unroll/derivative/certificate.hpp"
#include "unroll/derivative/finite_difference.hpp"
#include "unroll/derivative/forward.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/reverse.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"

namespace unroll::cones {
namespace {

/// f = ½‖x − a‖² + the penalty of x.
template <class Penalty>
struct Penalised {
  Vector a;
  Penalty penalty;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return scalar_t<V>(0.5 * squared_norm(V(x - a)) + penalty(x, theta));
  }
};
template <class Penalty>
auto penalised(const Penalty& penalty) {
  return make_problem(Penalised<Penalty>{Vector{{0.7, -1.1, 1.5, 1.9}}, penalty}, 4, 2);
}

/// All ways to differentiate runs from 0 agree with differences, at these θ.
template <class Penalty>
void check_runs(const Penalty& penalty, const Vector& theta) {
  CAPTURE(theta.transpose());
  const auto problem = penalised(penalty);
  const Vector x0 = Vector::Zero(4), w{{1.0, -0.5, 2.0, 0.25}};
  for (const Index steps : {1, 2, 5, 40}) {
    CAPTURE(steps);
    const auto check = [&](const auto& solver) {
      const auto by = [&](const Method& method) -> Matrix {
        return jacobian(problem, solver, x0, theta, {.steps = steps}, method).dx;
      };
      const Matrix right = by(FiniteDifference{});
      const double tolerance = 1e-7 * std::max(1.0, right.norm());
      for (const Method& method :
           {Method(Reverse{}), Method(Reverse{.memory_budget = 3000}), Method(Forward{})})
        CHECK((by(method) - right).norm() <= tolerance);
      CHECK((vjp(problem, solver, x0, theta, w, {.steps = steps}).dtheta - right.transpose() * w).norm() <=
            tolerance);
    };
    check(GradientDescent{0.3});
    check(HeavyBall{.step_size = 0.2, .momentum = 0.4});
  }
}

TEST_CASE("a run from the tip of a cone has the derivative that differences give, of zero weights, too") {
  const auto lasso = [](const auto& x, const auto& theta) {
    return theta[0] * norm(segment(x, 0, 2)) + theta[1] * norm(segment(x, 2, 2));
  };
  const auto rows = [](const auto& x, const auto& theta) { return dot(theta, row_norms(reshape(x, 2, 2))); };
  const auto squared = [](const auto& x, const auto& theta) {
    return square(theta[0]) * norm(x) + theta[1] * square(norm(x));
  };
  const auto spring = [](const auto& x, const auto& theta) { return 0.5 * square(norm(x) - theta[0]); };
  const auto root = [](const auto& x, const auto& theta) {
    return theta[0] * sqrt(norm(x)) + theta[1] * x[0];
  };
  for (const Vector& theta : {Vector{{0.3, 0.2}}, Vector{{0.3, 0.0}}, Vector{{0.0, 0.0}}}) {
    check_runs(root, theta);
    check_runs(lasso, theta);
    check_runs(rows, theta);
    check_runs(squared, theta);
    check_runs(spring, theta);
  }
}

TEST_CASE("at the tip, the solution, no derivative by theta is made up") {
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) { return 0.5 * squared_norm(x) + theta[0] * norm(x); }, 4, 1);
  const Vector x0 = Vector::Zero(4), w = Vector::Ones(4);
  for (const Method& method :
       {Method(Reverse{}), Method(Reverse{.corrected = true}), Method(Forward{}), Method(Implicit{})}) {
    const Vjp v = vjp(problem, GradientDescent{0.3}, x0, Vector::Zero(1), w, {.steps = 200}, method);
    CHECK(v.dtheta == Vector::Zero(1));
  }
}

TEST_CASE("second derivatives of a run from the tip agree with differences of first ones") {
  const auto problem = penalised([](const auto& x, const auto& theta) {
    return theta[0] * norm(segment(x, 0, 2)) + theta[1] * norm(x);
  });
  const Vector x0 = Vector::Zero(4), w{{1.0, -0.5, 2.0, 0.25}}, tangent{{1.0, -2.0}};
  for (const Vector& theta : {Vector{{0.3, 0.2}}, Vector{{0.0, 0.0}}}) {
    CAPTURE(theta.transpose());
    const auto pulled = [&](double h) {
      return vjp(problem, GradientDescent{0.3}, x0, Vector(theta + h * tangent), w, {.steps = 2}).dtheta;
    };
    const double h = 1e-5;
    const SecondVjp second =
        second_vjp(problem, GradientDescent{0.3}, x0, theta, w, tangent, {.steps = 2}, Reverse{});
    CHECK((second.dtheta_dot - (pulled(h) - pulled(-h)) / (2 * h)).norm() <= 1e-6);
  }
}

}  // namespace
}  // namespace unroll::cones
