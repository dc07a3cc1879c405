// A user's step map without an objective, and runs that stop by tolerance.
#include <doctest/doctest.h>

#include "problem/differences.hpp"
#include "unroll/ad/access.hpp"
#include "unroll/ad/elementwise.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/solve.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/ridge.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {
namespace {

/// x ↦ tanh(W x + θ), a contraction where ‖W‖ < 1.
struct Equilibrium {
  Matrix W{{0.3, -0.4, 0.1}, {0.2, 0.1, 0.5}, {-0.3, 0.2, 0.2}};
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {tanh(V(W * s.x + theta))};
  }
};

const NoObjective none(3, 3);
const Vector x0 = Vector::Zero(3), theta{{0.5, -1.0, 0.2}}, w{{1.0, -2.0, 0.5}};

TEST_CASE("the derivative of a fixed-point iteration becomes that of the fixed point, in both modes") {
  const Equilibrium map;
  const SolveOptions options{.steps = 80};
  const Vector x = solve(none, map, x0, theta, options).x();
  // x = tanh(z): ∂x = (I − D W)⁻¹ D, D = diag(1 − x²).
  const Matrix D = (1 - x.array().square()).matrix().asDiagonal();
  const Matrix expected = solve_lu(Matrix(Matrix::Identity(3, 3) - D * map.W), D);
  CHECK(test::relative_gap(jacobian_history(none, map, x0, theta, options, Forward{}, {80}).dx[0],
                           expected) <= 1e-13);
  const Vjp back = vjp(none, map, x0, theta, w, options, Reverse{});
  CHECK(test::relative_gap(back.dtheta, expected.transpose() * w) <= 1e-13);
  CHECK(back.dx0.norm() <= 1e-13);
}

TEST_CASE("a run that stops by tolerance has the derivative of the steps that were taken, and of no others") {
  const Equilibrium map;
  const Vjp stopped = vjp(none, map, x0, theta, w, {.steps = 500, .tolerance = 1e-3}, Reverse{});
  CHECK(stopped.status == Status::converged);
  REQUIRE(stopped.steps < 20);
  const Vjp counted = vjp(none, map, x0, theta, w, {.steps = stopped.steps}, Reverse{});
  CHECK(stopped.x == counted.x);
  CHECK(stopped.dtheta == counted.dtheta);
  const auto end = [&](const Vector& p) {
    return w.dot(solve(none, map, x0, p, {.steps = stopped.steps}).x());
  };
  CHECK(test::relative_gap(stopped.dtheta.transpose(), test::central_differences(end, theta)) <= 1e-8);
}

/// A step size that is itself a parameter: θ = (regularisation, step size).
struct LearnedStep {
  const RidgeProblem& ridge;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    const V g = Oracle<V>(ridge).gradient(s.x, head(parameters, 1));
    return {s.x - parameters[1] * g};
  }
};

TEST_CASE("a step size that is a parameter is differentiated") {
  const RidgeProblem ridge(Matrix{{1.0, 2.0}, {0.5, -1.0}, {2.0, 0.3}}, Vector{{1.0, -1.0, 0.5}});
  const LearnedStep solver{ridge};
  const NoObjective problem(2, 2);
  const Vector start{{1.0, 1.0}}, at{{0.1, 0.2}};
  const auto end = [&](const Vector& p) { return solve(problem, solver, start, p, {.steps = 6}).x(); };
  const History h = jacobian_history(problem, solver, start, at, {.steps = 6}, Reverse{}, {6});
  CHECK(h.dx[0].col(1).norm() > 0.1);
  CHECK(test::relative_gap(h.dx[0], test::central_differences(end, at)) <= 1e-8);
}

}  // namespace
}  // namespace unroll
