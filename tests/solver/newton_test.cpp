// Newton's and the Gauss–Newton method, and what of them can be differentiated.
#include "unroll/solver/newton.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "problem/differences.hpp"
#include "problem/problem_cases.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/least_squares.hpp"
#include "unroll/solver/gauss_newton.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll {
namespace {

static_assert(Solver<Newton> && Solver<GaussNewton>);
static_assert(HasFrozenStep<Newton, VarVector> && HasFrozenStep<GaussNewton, DualVector>);

TEST_CASE("Newton's method is at a quadratic's minimiser after one step") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(5, 2, 0.1, 2, false, 6);
  const Trajectory run = solve(problem, Newton{}, x0, theta, {.steps = 1});
  const Vector minimiser = problem.minimiser(theta);
  CHECK((run.x() - minimiser).norm() <= 1e-13 * minimiser.norm());
  CHECK(run.cost.gradients == 1);
  CHECK(run.cost.hessian_vector_products == 5);
}

TEST_CASE("Newton's method doubles its digits near the minimiser of an objective that is no quadratic") {
  const auto c = test::problem_cases()[4];
  const Trajectory run = solve(*c.problem, Newton{}, c.x, c.theta, {.steps = 7});
  const Vector minimiser = Vector::Constant(3, c.theta[0]);
  for (std::size_t t = 2; t < 6; ++t) {
    const double before = (run.iterates[t] - minimiser).norm();
    CHECK((run.iterates[t + 1] - minimiser).norm() <= before * before + 1e-15);
  }
  CHECK((run.x() - minimiser).norm() <= 1e-15);
}

TEST_CASE("the derivative of a Newton step on a quadratic is its central difference, in x and in theta") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(4, 2, 0.3, 2, false, 6);
  for (const double damping : {0.0, 0.4}) {
    CAPTURE(damping);
    const Newton solver{damping};
    const auto step = [&, &problem = problem](const Vector& x, const Vector& p) {
      return solver.step(Oracle<Vector>(problem), State<Vector>{x}, p, 0).x;
    };
    Tape tape;
    const VarVector x = tape.input(x0), p = tape.input(theta);
    const VarVector next = solver.step(Oracle<VarVector>(problem), State<VarVector>{x}, p, 0).x;
    const Sweep back = tape.sweep(next, Matrix::Identity(4, 4));
    const auto& start = x0;
    const auto& at = theta;
    CHECK(test::relative_gap(back.adjoint(x).transpose(),
                             test::central_differences([&](const Vector& v) { return step(v, at); }, x0)) <=
          1e-8);
    CHECK(test::relative_gap(
              back.adjoint(p).transpose(),
              test::central_differences([&](const Vector& v) { return step(start, v); }, theta)) <= 1e-7);
  }
}

TEST_CASE(
    "the frozen step takes Newton's step, with the derivative −H⁻¹M of the minimiser at a fixed point") {
  const auto c = test::problem_cases()[3];
  const Vector x = solve(*c.problem, Newton{}, c.x, c.theta, {.steps = 12}).x();
  Tape tape;
  const VarVector theta = tape.input(c.theta);
  const VarVector next = Newton{}.frozen_step(Oracle<VarVector>(*c.problem), State<VarVector>{x}, theta, 0).x;
  CHECK((next.value() - x).norm() <= 1e-14);
  const Matrix expected = -c.problem->hessian(x, c.theta).llt().solve(c.problem->mixed(x, c.theta));
  const Matrix swept = tape.sweep(next, Matrix::Identity(4, 4)).adjoint(theta).transpose();
  CHECK(test::relative_gap(swept, expected) <= 1e-12);
}

TEST_CASE("where third derivatives are missing, unrolling Newton says what to take instead") {
  const test::Coshes by_hand;
  const Vector x = Vector::Ones(3), one = Vector::Ones(1);
  Tape tape;
  const VarVector theta = tape.input(one);
  const auto contains = doctest::Contains("third derivatives of f are needed");
  CHECK_THROWS_WITH_AS(Newton{}.step(Oracle<VarVector>(by_hand), State<VarVector>{x}, theta, 0), contains,
                       UnsupportedError);
  CHECK_THROWS_WITH_AS(Newton{}.step(Oracle<DualVector>(by_hand), State<DualVector>{x},
                                     DualVector(one, Matrix::Identity(1, 1)), 0),
                       doctest::Contains("Implicit{} or OneStep{}"), UnsupportedError);
}

TEST_CASE("a Hessian that is not positive definite is an error that names the pivot, and damping mends it") {
  const AffineQuadratic problem(Matrix{{1.0, 0.0}, {0.0, -1.0}}, {Matrix::Zero(2, 2)}, Vector::Zero(2),
                                Matrix::Zero(2, 1));
  CHECK_THROWS_WITH_AS(solve(problem, Newton{}, Vector::Ones(2), Vector::Ones(1)),
                       doctest::Contains("Newton: linear solve: H is 2x2 and not positive definite: pivot 1"),
                       NumericalError);
  CHECK_NOTHROW(solve(problem, Newton{.damping = 2}, Vector::Ones(2), Vector::Ones(1), {.steps = 1}));
  CHECK_THROWS_WITH_AS(Newton{-1}.check(), doctest::Contains("Newton: the damping is -1"), DomainError);
  CHECK_THROWS_WITH_AS(GaussNewton{-1}.check(), doctest::Contains("Gauss-Newton: the damping is -1"),
                       DomainError);
}

/// Residuals exp(θ_0 s_i x_0) x_1 − y_i: a curve fitted.
struct Curve {
  Vector s, y;
  template <class V>
  V operator()(const V& x, const V& theta) const {
    const V rates = s;
    const scalar_t<V> rate = theta[0] * x[0];
    return x[1] * exp(V(rate * rates)) - y;
  }
};

const Vector times{{0.0, 0.5, 1.0, 1.5, 2.0}};
const Vector unit = Vector::Ones(1);

TEST_CASE("the Jacobian of the residuals is their central difference") {
  const auto problem = make_least_squares(Curve{times, Vector::Ones(5)}, 2, 1);
  const Vector x{{-0.7, 2.0}};
  const auto residuals = [&](const Vector& v) { return problem.function().residuals(v, unit); };
  CHECK(test::relative_gap(problem.residual_jacobian(x, unit), test::central_differences(residuals, x)) <=
        1e-8);
  CHECK(problem.value(x, unit) == doctest::Approx(0.5 * residuals(x).squaredNorm()));
}

TEST_CASE(
    "Gauss–Newton fits a curve through its points, with the derivative of the parameters one step off") {
  const Vector truth{{-0.7, 2.0}};
  const auto exact = make_least_squares(Curve{times, Vector::Zero(5)}, 2, 1);
  const Vector y = exact.function().residuals(truth, unit);
  const auto problem = make_least_squares(Curve{times, y}, 2, 1);
  const Trajectory run = solve(problem, GaussNewton{}, Vector{{-0.3, 1.0}}, unit, {.steps = 12});
  CHECK((run.x() - truth).norm() <= 1e-13);
  const auto end = GaussNewton{}.frozen_step(Oracle<DualVector>(problem), State<DualVector>{run.x()},
                                             DualVector(unit, Matrix::Ones(1, 1)), 0);
  // θ_0 x_0 and x_1 are what the points fix: ∂x_0 = −x_0/θ_0, ∂x_1 = 0.
  CHECK((end.x.tangents() - Vector{{0.7, 0.0}}).norm() <= 1e-12);
}

/// Least squares by hand, without the residuals' curvature.
class ByHand final : public LeastSquares {
 public:
  Index dimension() const override { return 1; }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector& p) const override { return 0.5 * (x - p).squaredNorm(); }
  Vector gradient(const Vector& x, const Vector& p) const override { return x - p; }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot,
                           const Matrix& p_dot) const override {
    return {x_dot - p_dot, p_dot - x_dot};
  }
  Matrix residual_jacobian(const Vector&, const Vector&) const override { return Matrix::Identity(1, 1); }
};

TEST_CASE("Gauss–Newton refuses a problem without residuals, and to be unrolled without their curvature") {
  const ByHand by_hand;
  CHECK_THROWS_WITH_AS(GaussNewton{}.step(Oracle<DualVector>(by_hand), State<DualVector>{unit},
                                          DualVector(unit, Matrix::Ones(1, 1)), 0),
                       doctest::Contains("Implicit{} or OneStep{}"), UnsupportedError);
  CHECK(solve(ByHand(), GaussNewton{}, Vector{{5.0}}, unit, {.steps = 1}).x() == unit);
  CHECK_THROWS_WITH_AS(solve(test::Coshes(), GaussNewton{}, Vector::Ones(3), unit),
                       doctest::Contains("make_least_squares"), UnsupportedError);
}

}  // namespace
}  // namespace unroll
