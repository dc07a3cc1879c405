#include <doctest/doctest.h>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"

/// What implicit differentiation needs beside the run: memory for 64 directions, whatever n and p are.
namespace unroll::implicit_costs {
namespace {

/// ½‖x‖² + (vᵀx)²/2n − vᵀx, v = sin θ on n entries, through the n×n matrix vvᵀ: work on θ alone.
struct OuterLoss {
  Index n;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const V v = gather(sin(theta), where_from());
    const matrix_t<V> K = outer(v, v);
    return 0.5 * squared_norm(x) + 0.5 / static_cast<double>(n) * quadratic_form(K, x) - dot(v, x);
  }
  std::vector<Index> where_from() const {
    std::vector<Index> all;
    for (Index i = 0; i < n; ++i) all.push_back(i % parameters);
    return all;
  }
  Index parameters;
};

Derivative solved(Index n, Index p) {
  const auto problem = make_problem(OuterLoss{n, p}, n, p);
  return jacobian(problem, GradientDescent{0.6}, Vector::Zero(n), Vector::LinSpaced(p, 0.1, 1), {.steps = 80},
                  Implicit{.certify = Certify::never});
}

TEST_CASE("the right-hand sides are made in blocks: more parameters take no more memory") {
  constexpr Index n = 150;
  const Derivative few = solved(n, 64), many = solved(n, n);
  CHECK(few.cost.tape_bytes > n * n * 64 * sizeof(double));
  CHECK(static_cast<double>(many.cost.tape_bytes) <= 1.1 * static_cast<double>(few.cost.tape_bytes));
  const auto problem = make_problem(OuterLoss{n, n}, n, n);
  const Derivative reverse = jacobian(problem, GradientDescent{0.6}, Vector::Zero(n), many.theta,
                                      {.steps = 80}, Reverse{.certify = Certify::never});
  CHECK((many.dx - reverse.dx).norm() <= 1e-9 * reverse.dx.norm());
}

/// x⁺ = (x + W(θ) tanh x + θ_1)/2, W n×n and all θ; counts θ's own work in taped steps.
struct Network {
  Index n;
  template <class V>
  matrix_t<V> prepare(const V& theta) const {
    return reshape(theta, n, n);
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index, const matrix_t<V>& W) const {
    return {V(0.5 * s.x + 0.5 * V(W * V(tanh(s.x))) + 0.5 * head(theta, n))};
  }
};

TEST_CASE("a fixed point's pullback of many parameters solves without them") {
  constexpr Index n = 40;
  const Vector theta = 0.3 / std::sqrt(40.0) * Vector::LinSpaced(n * n, -5, 5).array().sin().matrix();
  const NoObjective none(n, n * n);
  const Vector w = Vector::LinSpaced(n, 1, 2);
  const auto by = [&](const Method& method) {
    return vjp(none, Network{n}, Vector::Zero(n), theta, w, {.steps = 120}, method).dtheta;
  };
  const Vector reverse = by(Reverse{});
  for (const LinearSolver solver : {LinearSolver::gmres, LinearSolver::automatic}) {
    const Vector implicit = by(Implicit{.linear_solver = solver, .tolerance = 1e-12});
    CHECK((implicit - reverse).norm() <= 1e-9 * reverse.norm());
  }
}

}  // namespace
}  // namespace unroll::implicit_costs
