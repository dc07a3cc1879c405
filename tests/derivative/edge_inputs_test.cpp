// Inputs at which a derivative is easily lost: stationary starts, powers at exponent 0, infinite slopes.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "problem/differences.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/minimise_outer.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/solver/adam.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"
#include "unroll/solver/steepest_descent.hpp"

namespace unroll::edge_inputs {
namespace {

struct Edge {
  std::string name;
  std::function<Matrix(const Method&)> dx;
  Matrix expected;  // NaN: anything
};

template <class S>
Edge edge(std::string name, std::shared_ptr<const Problem> problem, S solver, const Vector& x0,
          const Vector& theta, Index steps, const Matrix& expected) {
  return {std::move(name),
          [=](const Method& method) {
            return jacobian(*problem, solver, x0, theta, {.steps = steps}, method).dx;
          },
          expected};
}

template <class F>
std::shared_ptr<const Problem> of(const F& f, Index n, Index p) {
  return std::make_shared<decltype(make_problem(f, n, p))>(f, n, p);
}

std::shared_ptr<const AffineQuadratic> bowl() {  // ½ xᵀ diag(1, 2, 4) x − θᵀx
  return std::make_shared<AffineQuadratic>(Vector{{1, 2, 4}}.asDiagonal(),
                                           std::vector<Matrix>(3, Matrix::Zero(3, 3)), Vector::Zero(3),
                                           -Matrix::Identity(3, 3));
}

std::vector<Edge> edges() {
  const Vector zero = Vector::Zero(3);
  const Matrix inverse = Vector{{1, 0.5, 0.25}}.asDiagonal();
  const auto power = []<class V>(const V& x, const V& theta) {
    return 0.5 * squared_norm(V(x - 2.0)) + pow(x[0], theta[0]);
  };
  const auto cusp = []<class V>(const V& x, const V& theta) {
    return 0.5 * squared_norm(V(x - theta)) + 0.3 * sum(pow(V(abs(x)), 1.5));
  };
  return {
      edge("stationary start: conjugate gradients", bowl(), ConjugateGradient{}, zero, zero, 12, inverse),
      edge("stationary start: steepest descent", bowl(), SteepestDescent{}, zero, zero, 60, inverse),
      edge("stationary start: L-BFGS", bowl(), Lbfgs{}, zero, zero, 30, inverse),
      edge("stationary start: nonlinear conjugate gradients", bowl(), NonlinearConjugateGradient{}, zero,
           zero, 12, inverse),
      edge("stationary start: backtracking", bowl(), Backtracking{}, zero, zero, 200, inverse),
      edge("a power at exponent 0", of(power, 1, 1), GradientDescent{0.5}, Vector::Ones(1), Vector::Zero(1),
           200, Matrix::Constant(1, 1, -0.5)),
      edge("an infinite slope times zero", of(cusp, 2, 2), GradientDescent{0.3}, Vector::Zero(2),
           Vector{{1, 2}}, 400, Vector{{0.780487804878, 0.8428771332831}}.asDiagonal()),
  };
}

TEST_CASE("inputs at the edge have the derivative of their neighbours, by every method") {
  for (const Edge& e : edges()) {
    CAPTURE(e.name);
    CHECK(test::relative_gap(e.dx(Forward{}), e.expected) <= 1e-9);
    CHECK(test::relative_gap(e.dx(Reverse{}), e.expected) <= 1e-9);
    CHECK(test::relative_gap(e.dx(Reverse{.memory_budget = 100'000}), e.expected) <= 1e-9);
    CHECK(test::relative_gap(e.dx(Implicit{.equation = Equation::gradient}), e.expected) <= 1e-9);
  }
}

TEST_CASE("where a method is sure of the power at exponent 0 its certificate says so") {
  const auto f = make_problem(
      []<class V>(const V& x, const V& theta) {
        return 0.5 * squared_norm(V(x - 2.0)) + pow(x[0], theta[0]);
      },
      1, 1);
  for (const Method& method : {Method(Forward{}), Method(Reverse{}), Method(Implicit{})}) {
    const Derivative d =
        jacobian(f, GradientDescent{0.5}, Vector::Ones(1), Vector::Zero(1), {.steps = 200}, method);
    CHECK(d.certificate.verdict == Verdict::good);
    CHECK(d.dx(0, 0) == doctest::Approx(-0.5));
  }
}

TEST_CASE("an infinite derivative in one parameter leaves the others theirs") {
  const auto f = make_problem(
      []<class V>(const V& x, const V& theta) {
        const V target = concatenate(V(sqrt(head(theta, 1))), tail(theta, 1));
        return 0.5 * squared_norm(V(x - target));
      },
      2, 2);
  for (const Method& method : {Method(Forward{}), Method(Reverse{})}) {  // (Implicit{} refuses)
    const Derivative d =
        jacobian(f, GradientDescent{0.3}, Vector::Ones(2), Vector{{0, 1.5}}, {.steps = 200}, method);
    CHECK(std::abs(d.dx(0, 1)) <= 1e-12);
    CHECK(std::abs(d.dx(1, 1) - 1) <= 1e-12);
    CHECK_FALSE(std::isfinite(d.dx(0, 0)));
  }
}

TEST_CASE("Adam, from a stationary start, has the derivative of the steps that it would take beside it") {
  // Beside √(10⁻⁶⁰) the gradients of θ = 10⁻³³ are small: there the steps are smooth.
  const Adam adam{.step_size = 1e-9};
  const auto problem = bowl();
  const Vector zero = Vector::Zero(3);
  const SolveOptions options{.steps = 5};
  Matrix differences(3, 3);
  const double h = 1e-33;
  for (Index i = 0; i < 3; ++i) {
    const Vector step = h * Vector::Unit(3, i);
    differences.col(i) = (solve(*problem, adam, zero, step, options).x() -
                          solve(*problem, adam, zero, Vector(-step), options).x()) /
                         (2 * h);
  }
  REQUIRE(differences.norm() > 0.1);
  for (const Method& method : {Method(Forward{}), Method(Reverse{})})
    CHECK(test::relative_gap(jacobian(*problem, adam, zero, zero, options, method).dx, differences) <= 1e-5);
}

struct ToOnes {
  template <class V>
  scalar_t<V> operator()(const V& x, const V&) const {
    return 0.5 * squared_norm(V(x - 1.0));
  }
};

template <class S>
void check_outer(const S& solver, Index steps) {
  const auto problem = bowl();
  const OuterResult r = minimise_outer(ToOnes{}, *problem, solver, Vector::Zero(3), Vector::Zero(3),
                                       {.steps = steps}, {.steps = 200, .first_inner_tolerance = 1e-10});
  CHECK(r.status == OuterStatus::converged);
  CHECK(r.steps.size() > 1);
  CHECK((r.theta - Vector{{1, 2, 4}}).norm() <= 1e-4);
  CHECK(r.value <= 1e-10);
}

TEST_CASE("outer minimisation moves on from where the inner solver has nothing to do") {
  check_outer(ConjugateGradient{}, 20);
  check_outer(SteepestDescent{}, 200);
  check_outer(Lbfgs{}, 50);
  check_outer(NonlinearConjugateGradient{}, 50);
  check_outer(Backtracking{}, 300);
}

}  // namespace
}  // namespace unroll::edge_inputs
