#include "unroll/problem/constrained.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "problem/differences.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/check/problem.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll::constrained {
namespace {

const SolveOptions options{.steps = 30, .tolerance = 1e-13};

// The nearest point of the unit sphere, θ/‖θ‖.
auto on_sphere() {
  return make_constrained(
      []<class V>(const V& x, const V& theta) { return 0.5 * squared_norm(V(x - theta)); },
      []<class V>(const V& x, const V&) { return scalar_t<V>(0.5 * (squared_norm(x) - 1.0)); }, 3, 1, 3);
}

TEST_CASE("a constrained minimum and its multiplier are differentiated by every method") {
  const auto problem = on_sphere();
  const Vector theta{{0.5, -1.2, 2.0}}, start{{0.3, -0.3, 0.8, 1.0}};
  const double size = theta.norm();
  const Vector x = theta / size;
  const Matrix expected = (Matrix::Identity(3, 3) - x * x.transpose()) / size;  // and ∂λ = x, as λ = ‖θ‖ − 1
  const auto check = [&](const auto& method) {
    const Derivative d = jacobian(problem, Newton{}, start, theta, options, method);
    CHECK(d.status == Status::converged);
    CHECK((d.x.head(3) - x).norm() <= 1e-13);
    CHECK(d.x[3] == doctest::Approx(size - 1));
    CHECK((d.dx.topRows(3) - expected).norm() <= 1e-9);
    CHECK((d.dx.row(3).transpose() - x).norm() <= 1e-9);
  };
  check(Reverse{});
  check(Forward{});
  check(Implicit{});
  check(OneStep{});
  CHECK(check_problem(problem, start, theta));
}

TEST_CASE("the simplex with an entropy is the softmax, constraints may depend on theta") {
  const auto entropic = make_constrained(
      []<class V>(const V& x, const V& theta) { return dot(x, log(x)) - dot(head(theta, 4), x); },
      []<class V>(const V& x, const V& theta) {
        return V(assemble(std::vector<scalar_t<V>>{sum(x) - theta[4]}));
      },
      4, 1, 5);
  const Vector theta{{0.1, 0.7, -0.4, 0.2, 1.5}};
  Vector start = Vector::Constant(5, 0.375);
  const auto solved = [&](const Vector& at) {
    return Vector(solve(entropic, Newton{.halvings = 20}, start, at, options).x());
  };
  const Vector weights = theta.head(4).array().exp();
  CHECK((solved(theta).head(4) - 1.5 * weights / weights.sum()).norm() <= 1e-12);
  const Derivative d = jacobian(entropic, Newton{.halvings = 20}, start, theta, options, Reverse{});
  CHECK(test::relative_gap(d.dx, test::central_differences(solved, theta)) <= 1e-8);
}

TEST_CASE("constraints that depend on each other, or of the wrong size, are errors that say so") {
  const auto twice =
      make_constrained([]<class V>(const V& x, const V&) { return 0.5 * squared_norm(x); },
                       []<class V>(const V& x, const V& theta) {
                         const scalar_t<V> row = x[0] + x[1] - theta[0];
                         return V(assemble(std::vector<scalar_t<V>>{row, scalar_t<V>(2.0 * row)}));
                       },
                       2, 2, 1);
  const Vector start = Vector::Zero(4), theta = Vector::Ones(1);
  CHECK_THROWS_WITH_AS(solve(twice, Newton{}, start, theta), doctest::Contains("smallest singular value"),
                       NumericalError);
  const auto wrong = make_constrained([]<class V>(const V& x, const V&) { return 0.5 * squared_norm(x); },
                                      []<class V>(const V& x, const V&) { return V(x); }, 2, 1, 1);
  CHECK_THROWS_WITH_AS(solve(wrong, Newton{}, Vector(Vector::Zero(3)), theta),
                       "constraints: c gave 2 entries, m is 1", ShapeError);
  CHECK_THROWS_AS(make_constrained([](const auto& x, const auto&) { return sum(x); },
                                   [](const auto& x, const auto&) { return x; }, 0, 1, 1),
                  ShapeError);
}

}  // namespace
}  // namespace unroll::constrained
