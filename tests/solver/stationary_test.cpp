#include "unroll/solver/stationary.hpp"

#include <doctest/doctest.h>

#include "problem/differences.hpp"
#include "problem/problem_cases.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/bounded_lbfgs.hpp"
#include "unroll/solver/broyden.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/solver/steepest_descent.hpp"

namespace unroll {
namespace {

/// ½ xᵀ diag(1, 2, 4) x − θᵀx: the minimiser is θ/diag.
AffineQuadratic scaled_bowl() {
  return {Vector{{1, 2, 4}}.asDiagonal(), std::vector<Matrix>(3, Matrix::Zero(3, 3)), Vector::Zero(3),
          -Matrix::Identity(3, 3)};
}

/// ∂x_steps, which both modes and differences agree on.
template <class S>
Matrix slope(const Problem& f, const S& solver, const Vector& x0, const Vector& theta, Index steps) {
  const SolveOptions options{.steps = steps};
  const Derivative forward = jacobian(f, solver, x0, theta, options, Forward{});
  const Derivative reverse = jacobian(f, solver, x0, theta, options, Reverse{});
  const auto end = [&](const Vector& at) { return solve(f, solver, x0, at, options).x(); };
  CHECK(forward.x == end(theta));
  CHECK(reverse.x == end(theta));
  CHECK(test::relative_gap(reverse.dx, forward.dx) <= 1e-14);
  CHECK(test::relative_gap(forward.dx, test::central_differences(end, theta)) <= 1e-6);
  return forward.dx;
}

template <class S>
void check_bowl(const S& solver) {
  const AffineQuadratic f = scaled_bowl();
  const Matrix expected = Vector{{1, 0.5, 0.25}}.asDiagonal();
  const Vector zero = Vector::Zero(3);
  CHECK(test::relative_gap(slope(f, solver, zero, zero, 12), expected) <= 1e-14);
  // The last steps alone know it too.
  const auto last = [&](const Reverse& few) {
    return jacobian(f, solver, zero, zero, {.steps = 12}, few).dx;
  };
  CHECK(test::relative_gap(last({.last_steps = 3}), expected) <= 1e-14);
}

TEST_CASE("from a stationary start the methods that measure their step give the derivative of differences") {
  check_bowl(ConjugateGradient{});
  check_bowl(SteepestDescent{});
  check_bowl(Lbfgs{});
  check_bowl(NonlinearConjugateGradient{});
  check_bowl(Backtracking{});
  check_bowl(Broyden{});
}

TEST_CASE("so they do where a step lands on the minimiser before all directions were seen") {
  const Vector x0{{1, 0, 0}}, zero = Vector::Zero(3);
  const Matrix expected = Vector{{1, 0.5, 0.25}}.asDiagonal();
  const auto check = [&](const auto& solver) {
    const Trajectory run = solve(scaled_bowl(), solver, x0, zero, {.steps = 1});
    REQUIRE(run.x() == zero);
    CHECK(test::relative_gap(jacobian(scaled_bowl(), solver, x0, zero, {.steps = 6}, Forward{}).dx,
                             expected) <= 1e-14);
    CHECK(test::relative_gap(jacobian(scaled_bowl(), solver, x0, zero, {.steps = 6}, Reverse{}).dx,
                             expected) <= 1e-14);
  };
  check(ConjugateGradient{});
  check(SteepestDescent{});
  check(Backtracking{});
}

/// ½‖x − θ‖² + Σ e^x / 10.
const auto bent_bowl = make_problem(
    [](const auto& x, const auto& theta) {
      using V = std::decay_t<decltype(x)>;
      return 0.5 * squared_norm(V(x - theta)) + 0.1 * sum(exp(x));
    },
    2, 2);

TEST_CASE("a warm start that is stationary to rounding has the derivative of the solution") {
  const Vector theta{{0.5, -0.3}};
  const SolveOptions options{.steps = 10};
  const Derivative exact = jacobian(bent_bowl, Newton{}, Vector::Zero(2), theta, {.steps = 40}, Implicit{});
  const auto check = [&](const auto& solver, double off) {
    const Vector x0 = exact.x * (1 + off);
    for (const Method& method :
         {Method(Forward{}), Method(Reverse{}), Method(Reverse{.memory_budget = 20000}),
          Method(Reverse{.last_steps = automatic}), Method(FiniteDifference{})}) {
      CAPTURE(off);
      const Matrix dx = jacobian(bent_bowl, solver, x0, theta, options, method).dx;
      CHECK(test::relative_gap(dx, exact.dx) <= 1e-5);
    }
  };
  const Box all{Vector::Constant(2, -9), Vector::Constant(2, 9)};
  for (const double off : {0.0, 4e-16, -3e-16, 2e-15}) {
    check(Lbfgs{}, off);
    check(NonlinearConjugateGradient{}, off);
    check(Backtracking{}, off);
    check(BoundedLbfgs{all}, off);
  }
}

/// (2x_0 + x_1² − θ_0, x_0 − 4x_1 − θ_1), of which ∂_xF is not symmetric.
const auto two_equations = make_root(
    [](const auto& x, const auto& theta) {
      using V = std::decay_t<decltype(x)>;
      const Matrix linear{{2, 0}, {1, -4}}, first_of_second{{0, 1}, {0, 0}};
      return V(linear * x + first_of_second * square(x) - theta);
    },
    2, 2);

TEST_CASE("Broyden's method, too, of a root: at it, to rounding, or with an unknown that was right already") {
  const Vector theta{{0.5, -0.3}};
  const Derivative exact =
      jacobian(two_equations, Newton{}, Vector::Zero(2), theta, {.steps = 40}, Implicit{});
  for (const Method& method : {Method(Forward{}), Method(Reverse{}), Method(Reverse{.last_steps = 3})}) {
    for (const double off : {0.0, 4e-16, -3e-16, 2e-15})
      CHECK(test::relative_gap(
                jacobian(two_equations, Broyden{}, exact.x * (1 + off), theta, {.steps = 30}, method).dx,
                exact.dx) <= 1e-12);
    const AffineQuadratic f = scaled_bowl();
    const Vector x0{{1, 0.5, 0}}, right{{1, 0.5, 0.75}};  // the third alone is sought: B learns nothing else
    CHECK(test::relative_gap(jacobian(f, Broyden{}, x0, Vector{{1, 1, 3}}, {.steps = 30}, method).dx,
                             Matrix(Vector{{1, 0.5, 0.25}}.asDiagonal())) <= 1e-12);
  }
  // A saddle is a root, too; of one that is not isolated the derivative is that of the steps.
  const auto saddle =
      make_problem([](const auto& x,
                      const auto& th) { return 0.5 * (square(x[0]) - square(x[1])) - th[0] * (x[0] + x[1]); },
                   2, 1);
  CHECK(test::relative_gap(
            jacobian(saddle, Broyden{0.7}, Vector{{2, 3}}, Vector::Ones(1), {.steps = 40}, Reverse{}).dx,
            Matrix{{1}, {-1}}) <= 1e-10);
  const auto line = make_root(
      [](const auto& x, const auto& th) {
        using V = std::decay_t<decltype(x)>;
        const Matrix A{{1, 1}, {2, 2}}, b{{1}, {2}};
        return V(A * x - b * th);
      },
      2, 1);
  CHECK(test::relative_gap(
            jacobian(line, Broyden{}, Vector{{1, 2}}, Vector::Ones(1), {.steps = 50}, Reverse{}).dx,
            Matrix{{1.0 / 3}, {2.0 / 3}}) <= 1e-10);
  // Near a root; the first step is its own, as is any that is short beside 1, not beside x.
  const auto one = make_root([](const auto& x, const auto& th) { return x - th; }, 1, 1);
  const auto slope_at = [&](double start, double root, double h, Index steps) {
    return jacobian(one, Broyden{h}, Vector::Constant(1, start), Vector::Constant(1, root), {.steps = steps},
                    Reverse{})
        .dx(0, 0);
  };
  CHECK(std::abs(slope_at(1 + 1e-9, 1, 0.05, 10) - 1) <= 1e-12);
  CHECK(std::abs(slope_at(1, 1, 0.1, 1) - 0.1) <= 1e-12);
  CHECK(std::abs(slope_at(1e-10, 1e-9, 0.1, 3) - (1 - 0.9 * 0.9 * 0.9)) <= 1e-12);
}

TEST_CASE("so they do where f is no quadratic") {
  const Vector theta = Vector::Constant(1, 0.7), x0 = Vector::Constant(3, 0.7);
  const Matrix ones = Matrix::Ones(3, 1);
  CHECK(test::relative_gap(slope(test::Coshes(), Lbfgs{}, x0, theta, 12), ones) <= 1e-14);
  CHECK(test::relative_gap(slope(test::Coshes(), NonlinearConjugateGradient{}, x0, theta, 12), ones) <=
        1e-14);
  CHECK(test::relative_gap(slope(test::Coshes(), Backtracking{}, x0, theta, 12), ones) <= 1e-14);
}

TEST_CASE("after one step to the minimum, too, exact but for rounding") {
  const AffineQuadratic f = scaled_bowl();
  const Matrix expected = Vector{{1, 0.5, 0.25}}.asDiagonal();
  for (const Vector& theta : {Vector{{1, 0, 0}}, Vector{{0, 0, 4}}}) {
    CHECK(test::relative_gap(slope(f, Lbfgs{}, Vector::Zero(3), theta, 20), expected) <= 1e-6);
    CHECK(test::relative_gap(slope(f, NonlinearConjugateGradient{}, Vector::Zero(3), theta, 20), expected) <=
          1e-6);
  }
}

TEST_CASE("along a direction that is flat a line search takes its first step, from a stationary start too") {
  const AffineQuadratic f(Vector{{1, 0}}.asDiagonal(), {Matrix::Zero(2, 2)}, Vector::Zero(2),
                          Vector{{-1, 1}});
  const Vector zero = Vector::Zero(2);
  const Matrix expected{{1}, {-2}};
  const Armijo half{.first_step = 0.5};
  CHECK(test::relative_gap(jacobian(f, Backtracking{half}, zero, Vector::Zero(1), {.steps = 4}, Forward{}).dx,
                           expected) <= 1e-14);
  CHECK(
      test::relative_gap(
          jacobian(f, Lbfgs{.search = {.shorten = half}}, zero, Vector::Zero(1), {.steps = 4}, Reverse{}).dx,
          expected) <= 1e-14);
}

TEST_CASE("methods that measure their step on quadratics do so in any units of f, 1e-200 to 1e200") {
  const Vector x0{{1, -2, 0.5}}, theta{{0.3, 0.1, -0.7}};
  const auto check = [&](const auto& solver) {
    const auto at = [&](double c, const Method& method) {
      const AffineQuadratic f(Vector{{c, 2 * c, 4 * c}}.asDiagonal(),
                              std::vector<Matrix>(3, Matrix::Zero(3, 3)), Vector::Zero(3),
                              -c * Matrix::Identity(3, 3));
      return jacobian(f, solver, x0, theta, {.steps = 2}, method);
    };
    const Derivative expected = at(1, Forward{});
    for (const double c : {1e-200, 1e-150, 1e150, 1e200})
      for (const Method& method : {Method(Forward{}), Method(Reverse{})}) {
        CAPTURE(c);
        const Derivative d = at(c, method);
        CHECK(test::relative_gap(Matrix(d.x), Matrix(expected.x)) <= 1e-12);
        CHECK(test::relative_gap(d.dx, expected.dx) <= 1e-12);
      }
  };
  check(ConjugateGradient{});
  check(SteepestDescent{});
}

TEST_CASE("methods for strictly convex quadratics say so at the stationary point of another") {
  const AffineQuadratic f(Vector{{1, 0}}.asDiagonal(), {Matrix::Zero(2, 2)}, Vector::Zero(2),
                          Vector{{-1, 1}});
  const Vector zero = Vector::Zero(2);
  CHECK_THROWS_WITH_AS(jacobian(f, ConjugateGradient{}, zero, Vector::Zero(1), {.steps = 4}, Forward{}),
                       doctest::Contains("conjugate gradients: x is stationary, and an eigenvalue"),
                       NumericalError);
  CHECK_THROWS_AS(jacobian(f, SteepestDescent{}, zero, Vector::Zero(1), {.steps = 4}, Reverse{}),
                  NumericalError);
}

}  // namespace
}  // namespace unroll
