// Non-smooth problems: the Jacobian of the solution that proximal methods find, against what analysis says.
#include <doctest/doctest.h>

#include <vector>

#include "derivative/cases.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll {
namespace {

/// ‖Ax − y‖²/(2m); θ = (λ) enters through the term alone.
struct HalfMeanSquare {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V&) const {
    const V r = A * x - y;
    return squared_norm(r) * (0.5 / static_cast<double>(A.rows()));
  }
};

/// ½‖Ax − Cθ‖²/m.
struct FittedTo {
  Matrix A, C;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return squared_norm(V(A * x) - V(C * theta)) * (0.5 / static_cast<double>(A.rows()));
  }
};

struct Lasso {
  Dataset data = test::standardised_data("auto_mpg");
  Matrix A = data.values;
  Vector y = centred(data.target);
  Matrix gram = A.transpose() * A / static_cast<double>(A.rows());
  double step_size = 1 / spectrum(gram).largest;
  TemplateProblem<HalfMeanSquare> problem = make_problem(HalfMeanSquare{A, y}, A.cols(), 1);

  /// −(A_SᵀA_S/m)⁻¹ sign(x_S) on the support S of x, zero elsewhere.
  Vector jacobian(const Vector& x) const {
    std::vector<Index> S;
    for (Index i = 0; i < x.size(); ++i)
      if (x[i] != 0) S.push_back(i);
    const Vector signs = x(S).array().sign();
    Vector J = Vector::Zero(x.size());
    J(S) = -gram(S, S).llt().solve(signs);
    return J;
  }
};

template <class S>
void check_lasso(const Lasso& lasso, const S& solver, double lambda, Index steps) {
  CAPTURE(lambda);
  const Vector theta = Vector::Constant(1, lambda), x0 = Vector::Zero(lasso.A.cols());
  for (const bool forward : {true, false}) {
    const SolveOptions options{.steps = steps};
    const History h = forward
                          ? jacobian_history(lasso.problem, solver, x0, theta, options, Forward{}, {steps})
                          : jacobian_history(lasso.problem, solver, x0, theta, options, Reverse{}, {steps});
    const Vector x = h.x.back(), expected = lasso.jacobian(x);
    const Index active = (x.array() != 0).count();
    CHECK(active > 0);
    CHECK(active < x.size());
    CHECK((h.dx.back() - expected).norm() <= 1e-8);
    for (Index i = 0; i < x.size(); ++i)
      if (x[i] == 0) CHECK(h.dx.back()(i, 0) == 0);
  }
}

TEST_CASE("the lasso's Jacobian in lambda is the analytic one on the active coefficients, zero elsewhere") {
  const Lasso lasso;
  const L1 term{.weight = 1, .parameter = 0};
  for (const double lambda : {0.1, 1.0, 4.0}) {
    check_lasso(lasso, ProximalGradient<L1>{lasso.step_size, term}, lambda, 5000);
    check_lasso(lasso, Fista<L1>{lasso.step_size, term, true}, lambda, 700);
  }
}

TEST_CASE("all methods that apply agree on the lasso at convergence, in their three products") {
  const Lasso lasso;
  const Fista<L1> solver{lasso.step_size, {.weight = 1, .parameter = 0}, true};
  const Vector theta = Vector::Ones(1), x0 = Vector::Zero(lasso.A.cols());
  const Vector w = Vector::LinSpaced(x0.size(), -1, 2), v = Vector::Ones(1);
  const SolveOptions options{.steps = 700};
  const auto check = [&](const auto& method) {
    const Derivative d = jacobian(lasso.problem, solver, x0, theta, options, method);
    const Vector expected = lasso.jacobian(d.x);
    const double allowed = 1e-7 * expected.norm();
    CHECK((d.dx - expected).norm() <= allowed);
    const Vjp pulled = vjp(lasso.problem, solver, x0, theta, w, options, method);
    CHECK(std::abs(pulled.dtheta[0] - expected.dot(w)) <= allowed * w.norm());
    CHECK((jvp(lasso.problem, solver, x0, theta, v, options, method).dx - expected).norm() <= allowed);
  };
  check(Forward{});
  check(Reverse{});
  check(Reverse{.memory_budget = 30000});
  check(Reverse{.last_steps = 400});
  check(Implicit{});
  check(FiniteDifference{});
}

TEST_CASE("implicit differentiation works on the support alone: of 1,000 coefficients, 4 products") {
  const Index n = 1000, m = 60, p = 6;
  test::Random random(5);
  const Matrix A = random.matrix(m, n), C = random.matrix(m, p);
  // ½‖Ax − Cθ‖²/m and an ℓ1 term: data that depend on θ.
  const auto problem = make_problem(FittedTo{A, C}, n, p);
  const double L = spectrum(Matrix(A * A.transpose() / static_cast<double>(m))).largest;
  const Vector theta = Vector::Ones(p), x0 = Vector::Zero(n);
  const double steepest = problem.gradient(x0, theta).cwiseAbs().maxCoeff();
  const ProximalGradient<L1> solver{1 / L, {.weight = 0.86 * steepest}};
  const SolveOptions options{.steps = 600};
  const Derivative d = jacobian(problem, solver, x0, theta, options, Implicit{.certify = Certify::never});
  std::vector<Index> S;
  for (Index i = 0; i < n; ++i)
    if (d.x[i] != 0) S.push_back(i);
  REQUIRE(S.size() == 4);
  Matrix exact = Matrix::Zero(n, p);
  const Matrix of_S = A(Eigen::all, S);
  exact(S, Eigen::all) = Matrix((of_S.transpose() * of_S).llt().solve(of_S.transpose() * C));
  CHECK((d.dx - exact).norm() <= 1e-9 * exact.norm());
  // A product finds the support, four make its matrix, and a few of p directions each say what is outside it.
  CHECK(d.cost.hessian_vector_products <= 1 + 4 + 4 * p);
  const Vector w = random.vector(n);
  const Vjp pulled = vjp(problem, solver, x0, theta, w, options, Implicit{.certify = Certify::never});
  CHECK((pulled.dtheta - exact.transpose() * w).norm() <= 1e-9 * w.norm() * exact.norm());
  CHECK(pulled.cost.hessian_vector_products <= 2 + 4 + 4);
}

TEST_CASE("with bounds, the Jacobian is that of the free variables, zero on the bounds") {
  const test::Case c = test::ridge_case();
  const QuadraticProblem& f = *c.quadratic();
  const Index n = f.dimension();
  const ProximalGradient<Box> solver{1 / c.spectrum.largest,
                                     {Vector::Constant(n, -1.5), Vector::Constant(n, 1.5)}};
  const History h = jacobian_history(f, solver, c.start, c.theta, {.steps = 4000}, Forward{}, {4000});
  const Vector x = h.x.back();
  std::vector<Index> free;
  for (Index i = 0; i < n; ++i)
    if (std::abs(x[i]) < 1.5) free.push_back(i);
  REQUIRE(!free.empty());
  REQUIRE(static_cast<Index>(free.size()) < n);
  // H_FF ∂x_F = −∂H x_F for ridge, ∂H = I.
  Vector expected = Vector::Zero(n);
  expected(free) = -Matrix(f.hessian_matrix(c.theta)(free, free)).llt().solve(Vector(x(free)));
  CHECK((h.dx.back() - expected).norm() <= 1e-9 * expected.norm());
}

TEST_CASE("FISTA takes the steps of the paper, and is no slower than it promises") {
  const Lasso lasso;
  const double h = lasso.step_size, lambda = 1;
  const Vector theta = Vector::Constant(1, lambda), x0 = Vector::Zero(lasso.A.cols());
  const Trajectory run = solve(lasso.problem, Fista<L1>{h, {.weight = lambda}}, x0, theta, {.steps = 2000});
  const auto prox = [&](const Vector& v) {
    return Vector(v.array().sign() * (v.array().abs() - h * lambda).max(0));
  };
  Vector x = x0, previous = x0, y = x0;
  double t = 1;
  for (std::size_t k = 1; k <= 50; ++k) {
    previous = x;
    x = prox(y - h * lasso.problem.gradient(y, theta));
    const double next = (1 + std::sqrt(1 + 4 * t * t)) / 2;
    y = x + (t - 1) / next * (x - previous);
    t = next;
    CHECK((run.iterates[k] - x).norm() <= 1e-12);
  }
  const auto F = [&](const Vector& z) { return lasso.problem.value(z, theta) + lambda * z.lpNorm<1>(); };
  const Vector best =
      solve(lasso.problem, Fista<L1>{h, {.weight = lambda}, true}, x0, theta, {.steps = 2000}).x();
  for (const std::size_t k : {1U, 5U, 20U, 100U, 500U}) {
    const double steps = static_cast<double>(k) + 1;
    CHECK(F(run.iterates[k]) - F(best) <= 2 * (x0 - best).squaredNorm() / (h * steps * steps) + 1e-12);
  }
}

struct Truncating {
  template <class V>
  V operator()(const V& v, double, const V&) const {
    return V(Vector(value_of(v).head(2)));
  }
};

TEST_CASE("a prox of the wrong size, and a step size that is none, are refused") {
  const Lasso lasso;
  const Vector x0 = Vector::Zero(lasso.A.cols()), theta = Vector::Ones(1);
  CHECK_THROWS_WITH_AS(solve(lasso.problem, ProximalGradient<Truncating>{0.1}, x0, theta),
                       doctest::Contains("prox: the term gave 2 entries for 7"), ShapeError);
  CHECK_THROWS_WITH_AS(solve(lasso.problem, Fista<Truncating>{0.1}, x0, theta), doctest::Contains("gave 2"),
                       ShapeError);
  CHECK_THROWS_WITH_AS((ProximalGradient<L1>{0}.check()), doctest::Contains("step size is 0"), DomainError);
  CHECK_THROWS_WITH_AS((Fista<L1>{-1}.check()), doctest::Contains("FISTA: the step size is -1"), DomainError);
}

}  // namespace
}  // namespace unroll
