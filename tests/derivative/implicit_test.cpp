#include "unroll/derivative/implicit.hpp"

#include <doctest/doctest.h>

#include <Eigen/LU>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll {
namespace {

using test::Case;
using test::central_differences;

TEST_CASE(
    "at convergence unrolled and implicit Jacobians of logistic regression agree, and with central "
    "differences") {
  const Case c = test::logistic_case();
  const auto solver = Nesterov::optimal(c.spectrum.smallest, c.spectrum.largest);
  const SolveOptions options{.steps = 400};
  const Derivative reverse = jacobian(*c.problem, solver, c.start, c.theta, options, Reverse{});
  const Derivative forward = jacobian(*c.problem, solver, c.start, c.theta, options, Forward{});
  const Derivative implicit = jacobian(*c.problem, solver, c.start, c.theta, options, Implicit{});
  const auto end = [&](const Vector& theta) {
    return solve(*c.problem, solver, c.start.x, theta, options).x();
  };
  const Matrix slope = central_differences(end, c.theta);
  const double scale = implicit.dx.norm();
  REQUIRE(scale > 0.1);
  CHECK((reverse.dx - implicit.dx).norm() <= 1e-8 * scale);
  CHECK((forward.dx - implicit.dx).norm() <= 1e-8 * scale);
  CHECK((reverse.dx - slope).norm() <= 1e-6 * scale);
  CHECK((implicit.dx - slope).norm() <= 1e-6 * scale);
  CHECK(implicit.certificate.gradient_norm.value() <= 1e-12);
}

TEST_CASE("at its minimiser the implicit Jacobian of a quadratic is the Jacobian of the minimiser") {
  for (const Case& c : {test::ridge_case(), test::noncommuting_case(), test::random_case()}) {
    CAPTURE(c.name);
    const Vector x = c.quadratic()->minimiser(c.theta);
    const Matrix expected = c.quadratic()->minimiser_jacobian(c.theta);
    CHECK((implicit_jacobian(*c.problem, x, c.theta) - expected).norm() <= 1e-12 * expected.norm());
    const Vector w = Vector::LinSpaced(x.size(), -1, 2);
    CHECK((implicit_vjp(*c.problem, x, c.theta, w) - expected.transpose() * w).norm() <=
          1e-12 * expected.norm() * w.norm());
  }
}

TEST_CASE("where H is not positive definite the implicit method says so and the others do not care") {
  const Matrix H{{1.0, 0.0}, {0.0, -1.0}};
  const AffineQuadratic saddle(H, {Matrix::Identity(2, 2)}, Vector::Ones(2), Matrix::Zero(2, 1));
  const Vector x0 = Vector::Ones(2), theta = Vector::Zero(1);
  const GradientDescent solver{0.1};
  CHECK_THROWS_AS(implicit_jacobian(saddle, x0, theta), NumericalError);
  CHECK_THROWS_AS(implicit_vjp(saddle, x0, theta, x0), NumericalError);
  CHECK_THROWS_WITH_AS(jacobian(saddle, solver, x0, theta, {.steps = 3}, Implicit{}),
                       doctest::Contains("pivot 1"), NumericalError);
  CHECK(jacobian(saddle, solver, x0, theta, {.steps = 3}, Forward{}).dx.allFinite());
}

/// All ways to solve the gradient equation.
std::vector<Implicit> symmetric_methods() {
  using enum LinearSolver;
  std::vector<Implicit> all;
  for (const LinearSolver solver : {automatic, dense, conjugate_gradient, bicgstab, gmres})
    for (const Preconditioner preconditioner : {Preconditioner::none, Preconditioner::diagonal})
      all.push_back({.linear_solver = solver, .tolerance = 1e-12, .preconditioner = preconditioner});
  return all;
}

TEST_CASE("every linear solver gives the same Jacobian, products and count of products") {
  for (const Case& c : {test::noncommuting_case(), test::logistic_case(), test::template_case()}) {
    CAPTURE(c.name);
    const Index n = c.start.x.size(), p = c.theta.size();
    const Vector& x = c.start.x;
    const Matrix expected = -c.problem->hessian(x, c.theta).inverse() * c.problem->mixed(x, c.theta);
    const Vector w = Vector::LinSpaced(n, -1, 2), v = Vector::LinSpaced(p, 1, 3);
    for (const Implicit& method : symmetric_methods()) {
      CAPTURE(static_cast<int>(method.linear_solver));
      Cost cost;
      const ImplicitEquation equation = gradient_equation(*c.problem, x, c.theta, &cost);
      const double tolerance = 1e-9 * (1 + expected.norm());
      CHECK((equation.jacobian(method.linear()) - expected).norm() <= tolerance);
      CHECK(cost.hessian_vector_products >= std::min(n, p));
      CHECK((equation.push(v, method.linear()) - expected * v).norm() <= tolerance * v.norm());
      CHECK((implicit_vjp(*c.problem, x, c.theta, w, method) - expected.transpose() * w).norm() <=
            tolerance * w.norm());
    }
    // The fixed point of one step of gradient descent is the same x*: its equation is hH J = −hM.
    const auto descent = GradientDescent::short_step(c.spectrum.largest);
    for (const LinearSolver solver : {LinearSolver::dense, LinearSolver::bicgstab, LinearSolver::gmres}) {
      const Implicit method{.linear_solver = solver, .tolerance = 1e-12, .equation = Equation::fixed_point};
      const auto step = linearise(*c.problem, descent, x, c.theta, {.steps = 0}, method);
      CHECK((step->jacobian() - expected).norm() <= 1e-8 * (1 + expected.norm()));
      CHECK((step->pull(w).theta - expected.transpose() * w).norm() <=
            1e-8 * (1 + expected.norm()) * w.norm());
      CHECK((step->push(v) - expected * v).norm() <= 1e-8 * (1 + expected.norm()) * v.norm());
    }
  }
}

TEST_CASE(
    "conjugate gradients take all right-hand sides in one pass, and end after as many passes as H has "
    "eigenvalues") {
  Index passes = 0, products = 0;
  const Vector eigenvalues{{1, 1, 1, 2, 2, 5}};
  const LinearMap map{6, true, "H", [&](const Matrix& v) {
                        ++passes;
                        products += v.cols();
                        return Matrix(eigenvalues.asDiagonal() * v);
                      }};
  test::Random random(1);
  const Matrix b = random.matrix(6, 4);
  const Matrix x = solve_linear(map, b, {.solver = LinearSolver::conjugate_gradient});
  CHECK((eigenvalues.asDiagonal() * x - b).norm() <= 1e-9 * b.norm());
  CHECK(passes == 4);  // three and the check
  CHECK(products == 16);
}

TEST_CASE("iterative solvers take matrices and right-hand sides of any scale") {
  const Matrix general{{3, 1, 0}, {0.5, 2, 0.4}, {0, -0.3, 1.5}}, definite = general * general.transpose();
  const Vector b{{1, -2, 0.5}};
  for (const double of_a : {1e-200, 1e-160, 1.0, 1e160, 1e200})
    for (const double of_b : {1e-250, 1e-165, 1.0, 1e250}) {
      if (!std::isnormal(of_b / of_a)) continue;
      for (const auto solver :
           {LinearSolver::gmres, LinearSolver::bicgstab, LinearSolver::conjugate_gradient}) {
        const bool symmetric = solver == LinearSolver::conjugate_gradient;
        const Matrix& A = symmetric ? definite : general;
        const Vector expected = A.partialPivLu().solve(b);
        const LinearMap map{3, symmetric, "A", [&](const Matrix& v) { return Matrix(of_a * (A * v)); }};
        CAPTURE(of_a);
        CAPTURE(of_b);
        CAPTURE(static_cast<int>(solver));
        const Matrix x = solve_linear(map, of_b * b, {.solver = solver});
        CHECK((x / (of_b / of_a) - expected).norm() <= 1e-9 * expected.norm());
      }
    }
}

TEST_CASE("a matrix that is dominant by columns is taken as it is, one that is singular never") {
  const auto map = [](const Matrix& A) {
    return LinearMap{A.rows(), false, "A", [A](const Matrix& v) { return Matrix(A * v); }};
  };
  const Vector b{{1, 2, 3}};
  const Matrix dominant{{4, -1, 0}, {-3, 5, -2}, {0.5, -3, 3}};
  CHECK((dominant * solve_linear(map(dominant), b, {}) - b).norm() <= 1e-14);
  // Weakly dominant: columns whose entries add up to zero are those of a singular matrix.
  const Matrix flow{{1, -0.5, 0}, {-1, 1, -1}, {0, -0.5, 1}};
  CHECK_THROWS_AS(solve_linear(map(flow), b, {}), NumericalError);
  CHECK_THROWS_AS(solve_linear(map(1e-9 * Matrix::Identity(3, 3) + flow * 1e9), b, {}), NumericalError);
}

/// x_{t+1} = soft(x_t − h∇f, hθ_1): lasso, as solvers of composite problems are written.
struct Shrinking {
  double step_size;
  int term = 1;

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V moved = s.x - step_size * f.gradient(s.x, theta);
    const scalar_t<V> threshold = step_size * theta[0];
    return {soft_threshold(moved, threshold)};
  }
};

/// x_{t+1} = A cos(x_t) + θ: no objective at all, and no symmetry.
struct Cosines {
  Matrix A;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V c = cos(s.x);
    return {A * c + theta};
  }
};

template <class S>
void check_fixed_point(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta) {
  const SolveOptions options{.steps = 400};
  const Vector w = Vector::LinSpaced(x0.size(), 1, 2), v = Vector::LinSpaced(theta.size(), -1, 2);
  const auto end = [&](const Vector& at) { return solve(problem, solver, x0, at, options).x(); };
  const Matrix slope = central_differences(end, theta);
  REQUIRE(slope.norm() > 0.1);
  const Derivative unrolled = jacobian(problem, solver, x0, theta, options, Forward{});
  for (const LinearSolver linear : {LinearSolver::automatic, LinearSolver::bicgstab, LinearSolver::gmres}) {
    const Implicit method{.linear_solver = linear, .certify = Certify::always};
    const Derivative d = jacobian(problem, solver, x0, theta, options, method);
    CHECK((d.dx - slope).norm() <= 1e-6 * slope.norm());
    CHECK((d.dx - unrolled.dx).norm() <= 1e-8 * slope.norm());
    CHECK((vjp(problem, solver, x0, theta, w, options, method).dtheta - d.dx.transpose() * w).norm() <=
          1e-8 * slope.norm());
    CHECK((jvp(problem, solver, x0, theta, v, options, method).dx - d.dx * v).norm() <= 1e-8 * slope.norm());
    CHECK(d.certificate.verdict == Verdict::good);
    CHECK(d.certificate.estimated());
    CHECK(d.certificate.gradient_norm.value() <= 1e-10);
    CHECK(d.certificate.residual.value() <= 1e-8);
  }
  CHECK_THROWS_AS(jacobian(problem, solver, x0, theta, options,
                           Implicit{.linear_solver = LinearSolver::conjugate_gradient}),
                  DomainError);
}

TEST_CASE("a solver with a term, or a step without an objective, is differentiated at its fixed point") {
  test::Random random(8);
  const Matrix A = random.matrix(12, 5);
  const Vector y = A * Vector{{1, -2, 0, 0, 1}} + 0.1 * random.vector(12);
  const auto f = test::shared_problem(test::RidgeFunction{A, y}, 5, 1);
  const double L = spectrum(A.transpose() * A / 12).largest + 0.2;
  check_fixed_point(*f, Shrinking{1 / L}, Vector::Zero(5), Vector::Constant(1, 0.2));
  const Matrix B = random.matrix(4, 4);
  check_fixed_point(NoObjective(4, 4), Cosines{B * (0.5 / B.norm())}, Vector::Ones(4), random.vector(4));
  CHECK_THROWS_AS(jacobian(NoObjective(4, 4), Cosines{B}, Vector::Ones(4), Vector::Ones(4), {.steps = 2},
                           Implicit{.equation = Equation::gradient}),
                  UnsupportedError);
}

/// Only its frozen step can be differentiated.
struct Frozen {
  double step_size;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>&, const V&, Index) const {
    throw UnsupportedError("not to be differentiated");
  }
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - step_size * f.gradient(s.x, theta)};
  }
};

TEST_CASE("a fixed point is differentiated through the frozen step of a solver that has one") {
  const Case c = test::random_case();
  const Vector x = c.quadratic()->minimiser(c.theta);
  const Matrix J = linearise(*c.problem, Frozen{0.3}, x, c.theta, {.steps = 0}, Implicit{})->jacobian();
  const Matrix expected = c.quadratic()->minimiser_jacobian(c.theta);
  CHECK((J - expected).norm() <= 1e-10 * expected.norm());
}

TEST_CASE("a singular or indefinite H is an error that names the pivot or the curvature") {
  const auto fail = [](const Eigen::Vector3d& diagonal, const Implicit& method, const char* text) {
    const AffineQuadratic problem(Matrix(diagonal.asDiagonal()), {Matrix::Ones(3, 3)}, Vector::Ones(3),
                                  Vector::LinSpaced(3, 1, 2));
    const Vector x = Vector::Ones(3), theta = Vector::Zero(1);
    CHECK_THROWS_WITH_AS(implicit_jacobian(problem, x, theta, method), doctest::Contains(text),
                         NumericalError);
    CHECK_THROWS_AS(implicit_vjp(problem, x, theta, x, method), NumericalError);
  };
  using enum LinearSolver;
  fail({1, 2, -3}, {.linear_solver = dense}, "pivot 2 is -3");
  fail({1, 2, 0}, {.linear_solver = dense}, "pivot 2 is 0");
  fail({1, 2, -30}, {.linear_solver = conjugate_gradient}, "found the curvature -");
  fail({0, 0, 0}, {.linear_solver = conjugate_gradient}, "found the curvature 0");
  fail({1, 2, 0}, {.linear_solver = conjugate_gradient}, "not positive definite");
  fail({1, 2, 0}, {.linear_solver = gmres}, "may be singular");
  fail({1, 2, 0}, {.linear_solver = bicgstab}, "may be singular");
  fail({1, 2, -3}, {.linear_solver = conjugate_gradient, .preconditioner = Preconditioner::diagonal},
       "entry 2 of the diagonal");
}

TEST_CASE("a linear solver that runs out of iterations is an error, and so are its options out of range") {
  const Case c = test::random_case();
  for (const LinearSolver solver :
       {LinearSolver::conjugate_gradient, LinearSolver::bicgstab, LinearSolver::gmres})
    CHECK_THROWS_WITH_AS(
        implicit_jacobian(*c.problem, c.start.x, c.theta, {.linear_solver = solver, .max_iterations = 2}),
        doctest::Contains("after 2 iterations"), NumericalError);
  for (const double tolerance : {0.0, -1.0, 1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(jacobian(*c.problem, GradientDescent{0.1}, c.start, c.theta, {.steps = 1},
                             Implicit{.tolerance = tolerance}),
                    DomainError);
  CHECK_THROWS_AS(implicit_jacobian(*c.problem, c.start.x, c.theta, {.max_iterations = -1}), DomainError);
}

TEST_CASE("implicit functions refuse arrays of the wrong size") {
  const Case c = test::random_case();
  const Vector five = Vector::Ones(5);
  const Vector& x = c.start.x;
  CHECK_THROWS_AS(implicit_jacobian(*c.problem, five, c.theta), ShapeError);
  CHECK_THROWS_AS(implicit_jacobian(*c.problem, x, five), ShapeError);
  CHECK_THROWS_AS(implicit_vjp(*c.problem, five, c.theta, x), ShapeError);
  CHECK_THROWS_AS(implicit_vjp(*c.problem, x, c.theta, five), ShapeError);
}

}  // namespace
}  // namespace unroll
