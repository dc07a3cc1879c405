// What third derivatives are for: Newton's method unrolled, Hessians of hypergradients, Laplace's
// approximation.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "problem/problem_cases.hpp"
#include "unroll/derivative/laplace.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::third_order {
namespace {

using test::Case;

// A fit whose f bends in x and θ alike.
struct Bent {
  Matrix A;
  Vector b;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return sum(softplus(A * x - b)) + 0.5 * exp(theta[0]) * squared_norm(x) + theta[1] * sum(sin(x)) +
           0.5 * log_sum_exp(V(theta[1] * x));
  }
};
Bent bent() {
  return {Matrix::NullaryExpr(9, 4,
                              [](Index i, Index j) {
                                return std::sin(1.0 + 3.0 * static_cast<double>(i) +
                                                1.7 * static_cast<double>(j));
                              }),
          Vector::LinSpaced(9, -1, 1)};
}

TEST_CASE("Newton's method unrolled is the implicit derivative after eight steps, and reverse is forward") {
  const auto smooth = make_problem(bent(), 4, 2);
  const Case logistic = test::logistic_case();
  const Vector at = Vector{{-0.3, 0.2}};
  const auto check = [](const Problem& problem, const Vector& x0, const Vector& theta) {
    const auto by = [&](const auto& method, Index steps) {
      return jacobian(problem, Newton{}, x0, theta, {.steps = steps}, method).dx;
    };
    const Matrix implicit = by(Implicit{}, 8), reverse = by(Reverse{}, 8);
    CHECK((reverse - implicit).norm() <= 1e-10 * implicit.norm());
    for (const Index steps : {1, 2, 3})
      CHECK((by(Reverse{}, steps) - by(Forward{}, steps)).norm() <= 1e-12 * by(Forward{}, steps).norm());
    const Matrix differences = test::central_differences(
        [&](const Vector& theta_moved) {
          return solve(problem, Newton{}, x0, theta_moved, {.steps = 2}).x();
        },
        theta);
    CHECK(test::relative_gap(by(Reverse{}, 2), differences) <= 1e-6);
  };
  check(smooth, Vector::Constant(4, 0.3), at);
  check(*logistic.problem, Vector::Zero(logistic.start.x.size()), logistic.theta);
}

TEST_CASE("second derivatives of an unrolled run are differences of its first, and symmetric") {
  const auto problem = make_problem(bent(), 4, 2);
  const Vector theta{{-0.3, 0.2}}, w = Vector::LinSpaced(4, -1, 2);
  const Start start([]<class V>(const V& t) -> V { return concatenate(V(0.1 * t), V(t - Vector::Ones(2))); });
  const auto check = [&](const auto& solver, Index steps) {
    const SolveOptions options{.steps = steps};
    const auto pulled = [&](const Vector& at) {
      return Vector(vjp(problem, solver, start, at, w, options, Reverse{}).dtheta);
    };
    Matrix hessian(2, 2);
    for (Index i = 0; i < 2; ++i) {
      const SecondVjp second =
          second_vjp(problem, solver, start, theta, w, Vector::Unit(2, i), options, Reverse{});
      CHECK((second.dtheta - pulled(theta)).norm() <= 1e-12 * second.dtheta.norm());
      CHECK(second.steps == steps);
      hessian.col(i) = second.dtheta_dot;
    }
    CHECK((hessian - hessian.transpose()).norm() <= 1e-11 * hessian.norm());
    CHECK(test::relative_gap(hessian, test::central_differences(pulled, theta)) <= 1e-6);
  };
  check(GradientDescent{0.05}, 12);
  check(HeavyBall{0.05, 0.4}, 12);
  const Implicit implicit;
  const SolveOptions many{.steps = 3000};
  const SecondVjp unrolled = second_vjp(problem, GradientDescent{0.05}, start, theta, w, Vector::Ones(2),
                                        many, Reverse{}),
                  at_end = second_vjp(problem, GradientDescent{0.05}, start, theta, w, Vector::Ones(2), many,
                                      implicit);
  CHECK((unrolled.dtheta_dot - at_end.dtheta_dot).norm() <= 1e-9 * at_end.dtheta_dot.norm());
  CHECK_THROWS_WITH_AS(second_vjp(problem, GradientDescent{0.05}, start, theta, w, Vector::Ones(2), many,
                                  Reverse{.corrected = true}),
                       doctest::Contains("takes Reverse{} of all steps"), DomainError);
  CHECK_THROWS_AS(second_vjp(problem, Newton{}, start, theta, w, Vector::Ones(2), {.steps = 2}, Reverse{}),
                  UnsupportedError);
}

TEST_CASE("Laplace's approximation is exact for Gaussians, and its gradient is that of differences") {
  const auto gaussian = make_problem(
      []<class V>(const V& x, const V& t) {  // precision e^t in each of three entries, mean t
        return 0.5 * exp(t[0]) * squared_norm(V(x - V(t[1] * Vector::Ones(3)))) + 0.5 * square(t[1]);
      },
      3, 2);
  const Vector theta{{0.7, -0.4}};
  const Vector mean = Vector::Constant(3, theta[1]);
  const Laplace exact = laplace(gaussian, mean, theta);
  CHECK(exact.value ==
        doctest::Approx(1.5 * theta[0] - 1.5 * std::log(2 * std::numbers::pi) + 0.08).epsilon(1e-14));
  CHECK((exact.dtheta - Vector{{1.5, -0.4}}).norm() <= 1e-14);

  const auto problem = make_problem(bent(), 4, 2);
  const SolveOptions options{.steps = 50, .tolerance = 1e-13};
  const Vector x0 = Vector::Zero(4), at{{-0.3, 0.2}};
  const auto value = [&](const Vector& t) {
    return Vector(Vector::Constant(1, laplace(problem, Newton{}, x0, t, options).value));
  };
  const Laplace there = laplace(problem, Newton{}, x0, at, options);
  CHECK(there.gradient_norm <= 1e-12);
  CHECK(test::relative_gap(there.dtheta.transpose(), test::central_differences(value, at)) <= 1e-8);
}

TEST_CASE("what Laplace's approximation cannot use is an error that says why") {
  const auto problem = make_problem(bent(), 4, 2);
  const Vector theta{{-0.3, 0.2}}, x0 = Vector::Zero(4);
  CHECK_THROWS_WITH_AS(laplace(problem, GradientDescent{0.01}, x0, theta, {.steps = 3}),
                       doctest::Contains("give SolveOptions a tolerance"), NumericalError);
  CHECK_THROWS_AS(laplace(problem, Vector::Zero(3), theta), ShapeError);
  const auto saddle = make_problem([](const auto& x, const auto& t) { return t[0] * x[0] * x[1]; }, 2, 1);
  CHECK_THROWS_WITH_AS(laplace(saddle, Vector::Zero(2), Vector::Ones(1)),
                       doctest::Contains("laplace: at x, which is no strict minimiser, H is"),
                       NumericalError);
  const auto primitive = test::Coshes();
  CHECK_THROWS_WITH_AS(laplace(primitive, Vector::Zero(3), Vector::Ones(1)),
                       doctest::Contains("third derivatives of f are needed"), UnsupportedError);
}

}  // namespace
}  // namespace unroll::third_order
