#include "unroll/theory/local_model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/theory/burn_in.hpp"
#include "unroll/theory/closed_form.hpp"

namespace unroll {
namespace {

Instance logistic_instance(const std::string& data) {
  return set_up({.data = data, .loss = "logistic", .theta = 0.05, .data_directory = UNROLL_DATA_DIR})
      .instance;
}

/// A direction of norm 1 without a pattern.
Vector direction(Index n) {
  return Vector::NullaryExpr(n, [](Index i) { return std::sin(1 + 2.3 * static_cast<double>(i)); })
      .normalized();
}

/// The largest deviations over t ≤ 80 of the local prediction from the run, in x and in ∂x.
struct Deviation {
  test::Worst x, dx;
};
template <class M>
Deviation deviation(const Instance& instance, const M& method, const Vector& x0, const Matrix& dx0) {
  const QuadraticModel model = local_model(*instance.problem, instance.minimiser, instance.theta);
  ClosedForm form(spectral_terms(model, x0, dx0), residual_recurrence(method));
  const History run =
      jacobian_history(*instance.problem, method, Start(x0, dx0), instance.theta, {.steps = 80}, Forward{});
  Deviation most;
  for (std::size_t t = 0; t < run.dx.size(); ++t) {
    most.x.add((form.x() - run.x[t]).norm());
    most.dx.add((form.jacobian() - run.dx[t]).norm());
    form.advance();
  }
  return most;
}

TEST_CASE(
    "logistic: the local prediction errs by the square of the distance in x, and in the Jacobian where that "
    "starts near its limit; by the distance itself where it starts at 0") {
  const Instance instance = logistic_instance("breast_cancer_original");
  const auto [l, L] = instance.spectrum;
  const Vector away = direction(instance.minimiser.size());
  const Matrix zero = Matrix::Zero(away.size(), 1);
  const auto check = [&](const auto& method) {
    const auto at = [&](double d, const Matrix& dx0) {
      return deviation(instance, method, instance.minimiser + d * away, dx0);
    };
    const Deviation near = at(0.02, instance.jacobian + 0.02 * away);
    const Deviation nearer = at(0.002, instance.jacobian + 0.002 * away);
    CHECK(nearer.x == doctest::Approx(near.x / 100).epsilon(0.1));
    CHECK(nearer.dx == doctest::Approx(near.dx / 100).epsilon(0.1));
    CHECK(at(0.002, zero).dx == doctest::Approx(at(0.02, zero).dx / 10).epsilon(0.1));
    CHECK(at(0.002, zero).dx <= 0.01 * instance.jacobian.norm());
  };
  check(GradientDescent::large_step(l, L));
  check(Chebyshev{l, L});
}

TEST_CASE("logistic: the predicted burn-in near x* is the measured one, in t and in height") {
  const Instance instance = logistic_instance("breast_cancer_original");
  const auto [l, L] = instance.spectrum;
  const auto check = [&](const auto& method) {
    const Vector away = 0.01 * direction(instance.minimiser.size());
    const Start start(instance.minimiser + away, instance.jacobian + away);
    const QuadraticModel model = local_model(*instance.problem, instance.minimiser, instance.theta);
    const BurnIn predicted = predict_burn_in(method, spectral_terms(model, start.x, start.dx), 60).instance;
    const History run =
        jacobian_history(*instance.problem, method, start, instance.theta, {.steps = 60}, Forward{});
    std::vector<double> errors;
    for (const Matrix& dx : run.dx) errors.push_back((dx - instance.jacobian).norm());
    const BurnIn measured = burn_in(errors);
    CHECK(measured.height > 4);
    CHECK(predicted.height == doctest::Approx(measured.height).epsilon(0.02));
    CHECK(predicted.peak == measured.peak);
    CHECK(std::abs(predicted.end.value() - measured.end.value()) <= 1);
  };
  check(GradientDescent::large_step(l, L));
  check(Chebyshev{l, L});
}

TEST_CASE("of a quadratic the local model is the problem itself") {
  const test::QuadraticCase c = test::random_quadratic(5, 2, 0.1, 2, false, 6);
  const QuadraticModel exact = quadratic_model(c.problem, c.theta);
  const QuadraticModel local = local_model(c.problem, exact.minimiser, c.theta);
  CHECK((local.hessian - exact.hessian).norm() <= 1e-13);
  CHECK((local.mixed - exact.mixed).norm() <= 1e-12 * exact.mixed.norm());
  for (std::size_t i = 0; i < 2; ++i)
    CHECK((local.hessian_derivatives[i] - exact.hessian_derivatives[i]).norm() <= 1e-8);
}

TEST_CASE("the derivative of the Hessian at the minimiser is total, and has nine digits") {
  // f = x⁴/4 − θx: x* = θ^{1/3}, H = 3x*² = 3θ^{2/3}, dH/dθ = 2θ^{−1/3}.
  struct Quartic final : Problem {
    Index dimension() const override { return 1; }
    Index parameters() const override { return 1; }
    double value(const Vector& x, const Vector& theta) const override {
      return std::pow(x[0], 4) / 4 - theta[0] * x[0];
    }
    Vector gradient(const Vector& x, const Vector& theta) const override {
      return Vector::Constant(1, std::pow(x[0], 3) - theta[0]);
    }
    SecondOrder second_order(const Vector& x, const Vector&, const Matrix& x_dot,
                             const Matrix& theta_dot) const override {
      return {3 * x[0] * x[0] * x_dot - theta_dot, -x_dot};
    }
  };
  for (const double theta : {1e-3, 0.2, 8.0, 1e3}) {
    const Vector minimiser = Vector::Constant(1, std::cbrt(theta));
    const QuadraticModel model = local_model(Quartic{}, minimiser, Vector::Constant(1, theta));
    CHECK(model.hessian_derivatives[0](0, 0) == doctest::Approx(2 / std::cbrt(theta)).epsilon(1e-9));
  }
}

TEST_CASE("there is no local model where x is not a minimiser, or does not fit") {
  const Instance instance = logistic_instance("breast_cancer_original");
  const Index n = instance.minimiser.size();
  CHECK_THROWS_AS(local_model(*instance.problem, Vector::Zero(n), instance.theta), DomainError);
  CHECK_THROWS_AS(local_model(*instance.problem, Vector::Zero(n + 1), instance.theta), ShapeError);
  CHECK_THROWS_AS(local_model(*instance.problem, instance.minimiser, -instance.theta), DomainError);
  const AffineQuadratic concave(-Matrix::Identity(2, 2), {Matrix::Zero(2, 2)}, Vector::Zero(2),
                                Matrix::Zero(2, 1));
  CHECK_THROWS_AS(local_model(concave, Vector::Zero(2), Vector::Zero(1)), NumericalError);
}

}  // namespace
}  // namespace unroll
