// f in other units is the same problem: thresholds are no absolute numbers.
#include <doctest/doctest.h>

#include <cmath>

#include "problem/differences.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/laplace.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::scale {
namespace {

/// c times a bend around u = x − θ_0 (1, 2), where its minimiser is u = 0 and its H is diag(1 + θ_1², e^θ_1).
struct Bend {
  double unit;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const V u = x - theta[0] * Vector{{1, 2}};
    const scalar_t<V> a = u[0], b = u[1];
    return unit * (0.5 * (1.0 + theta[1] * theta[1]) * a * a + 0.5 * exp(theta[1]) * b * b + a * a * a / 6.0 +
                   0.5 * a * b * b + 0.25 * a * a * a * a);
  }
};
/// c times a fit whose x*(θ) bends.
struct Fit {
  double unit;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return unit * (sum(softplus(x)) + 0.5 * exp(theta[0]) * squared_norm(V(x - theta)));
  }
};
constexpr double units[] = {1e-100, 1e-6, 1, 1e6, 1e100};

TEST_CASE("differences in small parameters see what does not depend on their size") {
  // x* = (e^θ_0, θ_1, θ_0 + θ_1).
  const auto f = make_problem(
      [](const auto& x, const auto& theta) {
        const auto a = x[0] - exp(theta[0]);
        const auto b = x[1] - theta[1];
        const auto c = x[2] - theta[0] - theta[1];
        return 0.5 * (a * a + b * b + c * c);
      },
      3, 2);
  for (const double small : {1e-12, -1e-9, 1e-6, 1e-3}) {
    CAPTURE(small);
    const Vector theta{{small, 1}};
    const Matrix right{{std::exp(small), 0}, {0, 1}, {1, 1}};
    const SolveOptions options{.steps = 60};
    const Matrix dx =
        jacobian(f, GradientDescent{0.6}, Vector::Zero(3), theta, options, FiniteDifference{}).dx;
    CHECK((dx - right).norm() <= 1e-6);
    const Vector along =
        jvp(f, GradientDescent{0.6}, Vector::Zero(3), theta, Vector::Ones(2), options, FiniteDifference{}).dx;
    CHECK((along - right * Vector::Ones(2)).norm() <= 1e-6);
  }
}

TEST_CASE("second derivatives of x* are the same for f in any units") {
  const Vector x0 = Vector::Zero(2), theta{{0.4, -0.7}}, w{{1, -2}}, v{{0.3, 1}};
  const auto by = [&](double unit) {
    const auto f = make_problem(Fit{unit}, 2, 2);
    return second_vjp(f, Newton{}, x0, theta, w, v, {.steps = 30}, Implicit{});
  };
  const SecondVjp expected = by(1);
  const auto f = make_problem(Fit{1}, 2, 2);
  const auto pulled = [&](const Vector& at) {
    return vjp(f, Newton{}, x0, at, w, {.steps = 30}, Implicit{}).dtheta;
  };
  CHECK(test::relative_gap(expected.dtheta_dot, test::central_differences(pulled, theta) * v) <= 1e-6);
  for (const double unit : units) {
    CAPTURE(unit);
    const SecondVjp second = by(unit);
    CHECK(test::relative_gap(second.dtheta, expected.dtheta) <= 1e-12);
    CHECK(test::relative_gap(second.dtheta_dot, expected.dtheta_dot) <= 1e-12);
    const auto scaled = make_problem(Fit{unit}, 2, 2);
    const SecondVjp descent = second_vjp(scaled, GradientDescent{0.4 / unit}, x0, theta, w, v, {.steps = 400},
                                         Implicit{.linear_solver = LinearSolver::gmres});
    CHECK(test::relative_gap(descent.dtheta_dot, expected.dtheta_dot) <= 1e-8);
    const SecondVjp unrolled =
        second_vjp(scaled, GradientDescent{0.4 / unit}, x0, theta, w, v, {.steps = 400}, Reverse{});
    CHECK(test::relative_gap(unrolled.dtheta_dot, expected.dtheta_dot) <= 1e-8);
  }
}

TEST_CASE("Laplace's approximation of f in other units differs by their logarithm alone") {
  const Vector theta{{0.4, -0.7}}, x = theta[0] * Vector{{1, 2}};
  const double t = theta[1], log_determinant = std::log(1 + t * t) + t;
  const Vector slope{{0, t / (1 + t * t) + 0.5}};
  for (const double unit : units) {
    CAPTURE(unit);
    const auto f = make_problem(Bend{unit}, 2, 2);
    const auto check = [&](const Laplace& l) {
      CHECK(l.log_determinant == doctest::Approx(log_determinant + 2 * std::log(unit)).epsilon(1e-12));
      CHECK(test::relative_gap(l.dtheta, slope) <= 1e-9);
    };
    check(laplace(f, x, theta));
    check(laplace(f, Newton{}, x, theta, {.steps = 20, .tolerance = 1e-12}));
  }
}

TEST_CASE("differences take their step from the size of theta and of x, however small") {
  const auto f = make_problem(
      []<class V>(const V& x, const V& theta) { return 0.5 * squared_norm(V(x - theta)); }, 2, 2);
  const GradientDescent solver{0.1};
  const Vector w{{1, -2}};
  const double left = std::pow(0.9, 30);
  for (const double unit : {1e-100, 1e-12, 1.0, 1e12}) {
    CAPTURE(unit);
    const Vector theta = unit * Vector{{1, 3}}, x0 = unit * Vector{{-2, 1}};
    const Vjp v = vjp(f, solver, x0, theta, w, {.steps = 30}, FiniteDifference{});
    CHECK(test::relative_gap(v.dtheta, (1 - left) * w) <= 1e-8);
    CHECK(test::relative_gap(v.dx0, left * w) <= 1e-8);
    CHECK(test::relative_gap(jacobian(f, solver, x0, theta, {.steps = 30}, FiniteDifference{}).dx,
                             (1 - left) * Matrix::Identity(2, 2)) <= 1e-8);
  }
  // A start that is small beside where the run goes says nothing of the size of x.
  const Vjp v = vjp(f, solver, Vector{{1e-12, -1e-12}}, Vector{{1, 3}}, w, {.steps = 30}, FiniteDifference{});
  CHECK(test::relative_gap(v.dx0, left * w) <= 1e-8);
  // A step that bends in the scale of its x: differences of another scale would be wrong.
  const auto bent = make_problem(
      []<class V>(const V& x, const V& theta) {
        return 0.5 * squared_norm(V(x - theta)) + 1e-24 * sum(V(cosh(V(1e12 * x))));
      },
      1, 1);
  const Vector tiny = Vector::Constant(1, 1e-12);
  const auto by = [&](const Method& method) {
    return linearise(bent, GradientDescent{0.2}, tiny, tiny, {.steps = 3}, method)->pull(Matrix::Ones(1, 1));
  };
  const Matrix expected = by(Reverse{}).start;
  REQUIRE(expected.size() == 1);
  CHECK(test::relative_gap(by(FiniteDifference{}).start, expected) <= 1e-8);
}

}  // namespace
}  // namespace unroll::scale
