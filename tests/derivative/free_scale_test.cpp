// Fixed points that are one of many: Sinkhorn's scaling (u, v), of which (c u, v/c) are as good.
#include <doctest/doctest.h>

#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll::free_scale {
namespace {

constexpr Index n = 5;

/// Rows and columns of diag(u) K(θ) diag(v) sum to a and b; θ, n², is added to −C/0.1.
struct Sinkhorn {
  Matrix cost = Matrix::NullaryExpr(n, n, [](Index i, Index j) { return double((i - j) * (i - j)) / 16; });
  Vector a = Vector{{0.3, 0.1, 0.2, 0.25, 0.15}}, b = Vector{{0.1, 0.35, 0.2, 0.1, 0.25}};
  bool has_unit_scale = false;  // whether v sums to 1

  template <class V>
  struct State {
    V u, v;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {head(x0, n), tail(x0, n)};
  }
  template <class V>
  matrix_t<V> kernel(const V& theta) const {
    const Matrix fixed = (-cost / 0.1).array().exp();
    return cwise_product(fixed, matrix_t<V>(exp(reshape(theta, n, n))));
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const matrix_t<V> K = kernel(theta);
    const V u = cwise_quotient(V(a), V(K * s.v)), v = cwise_quotient(V(b), V(transpose(K) * u));
    if (!has_unit_scale) return {u, v};
    return {V(sum(v) * u), V(v / sum(v))};
  }
};

/// The cost of the plan, which no scale changes.
scalar_t<Vector> plan_cost(const Sinkhorn& s, const Vector& x, const Vector& theta) {
  return x.head(n).dot(cwise_product(s.cost, s.kernel(theta)) * x.tail(n));
}

Vector by(const Sinkhorn& solver, double tolerance, const Method& method) {
  const NoObjective none(2 * n, n * n);
  const auto loss = [&](const auto& x, const auto& theta) {
    using V = std::decay_t<decltype(x)>;
    const matrix_t<V> K = solver.kernel(theta);
    return dot(V(head(x, n)), V(matrix_t<V>(cwise_product(solver.cost, K)) * V(tail(x, n))));
  };
  const Vector x0 = Vector::Ones(2 * n), theta = Vector::Zero(n * n);
  CHECK(loss(x0, theta) == doctest::Approx(plan_cost(solver, x0, theta)));
  const Hypergradient h =
      hypergradient(loss, none, solver, x0, theta, {.steps = 5000, .tolerance = tolerance}, method);
  CHECK(h.status == Status::converged);
  return h.dtheta;
}

TEST_CASE("Implicit of a free scale says so at every tolerance, and what fixes the scale is right") {
  const Vector exact = by({}, 1e-13, Reverse{});
  const Method dense = Implicit{}, krylov = Implicit{.linear_solver = LinearSolver::gmres};
  for (const double tolerance : {1e-2, 1e-4, 1e-6}) {
    CAPTURE(tolerance);
    CHECK_THROWS_AS(by({}, tolerance, dense), NumericalError);
    CHECK_THROWS_AS(by({}, tolerance, krylov), NumericalError);
    const double near = 10 * tolerance * exact.norm();
    CHECK((by({}, tolerance, Reverse{.at_end = true}) - exact).norm() <= near);
    CHECK((by({}, tolerance, Reverse{.corrected = true}) - exact).norm() <= near);
    CHECK((by({.has_unit_scale = true}, tolerance, dense) - exact).norm() <= near);
    CHECK((by({.has_unit_scale = true}, tolerance, krylov) - exact).norm() <= near);
  }
  CHECK_THROWS_WITH_AS(by({}, 1e-4, dense), doctest::Contains("a free scale or shift of the state"),
                       NumericalError);
}

}  // namespace
}  // namespace unroll::free_scale
