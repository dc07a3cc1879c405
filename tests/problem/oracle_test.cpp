#include "unroll/problem/oracle.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "problem/differences.hpp"
#include "problem/problem_cases.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/spectrum.hpp"

namespace unroll {
namespace {

using test::problem_cases;
using test::relative_gap;

TEST_CASE("the oracle's gradient and value are the same over plain, dual and taped arrays") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    const Problem& f = *c.problem;
    Tape tape;
    const VarVector x = tape.input(c.x), theta = tape.input(c.theta);
    const Vector g = f.gradient(c.x, c.theta);
    CHECK(Oracle<Vector>(f).gradient(c.x, c.theta) == g);
    CHECK(Oracle<DualVector>(f).gradient(c.x, c.theta).value() == g);
    CHECK(Oracle<VarVector>(f).gradient(x, theta).value() == g);
    CHECK(Oracle<VarVector>(f).gradient(c.x, c.theta).is_constant());
    const double v = f.value(c.x, c.theta);
    CHECK(Oracle<Vector>(f).value(c.x, c.theta) == v);
    CHECK(Oracle<DualVector>(f).value(c.x, c.theta).value() == v);
    CHECK(Oracle<VarVector>(f).value(x, theta).value() == v);
  }
}

TEST_CASE("the pullback of the oracle's gradient is the transpose of its pushforward, whatever is constant") {
  test::Random random(7);
  for (const auto& c : problem_cases()) {
    const Index n = c.x.size(), p = c.theta.size(), k = 3;
    const Matrix x_dot = random.matrix(n, k), theta_dot = random.matrix(p, k), w = random.matrix(n, 2);
    for (const bool moves_x : {true, false}) {
      for (const bool moves_theta : {true, false}) {
        if (!moves_x && !moves_theta) continue;
        CAPTURE(c.name);
        CAPTURE(moves_x);
        CAPTURE(moves_theta);
        const DualVector dual = Oracle<DualVector>(*c.problem)
                                    .gradient(moves_x ? DualVector(c.x, x_dot) : DualVector(c.x),
                                              moves_theta ? DualVector(c.theta, theta_dot) : c.theta);
        Tape tape;
        const VarVector x = moves_x ? tape.input(c.x) : VarVector(c.x);
        const VarVector theta = moves_theta ? tape.input(c.theta) : VarVector(c.theta);
        const Sweep back = tape.sweep(Oracle<VarVector>(*c.problem).gradient(x, theta), w);
        Matrix pulled = Matrix::Zero(2, k);
        if (moves_x) pulled += back.adjoint(x).transpose() * x_dot;
        if (moves_theta) pulled += back.adjoint(theta).transpose() * theta_dot;
        CHECK(relative_gap(w.transpose() * dual.tangents(), pulled) <= 1e-13);
      }
    }
  }
}

/// n = 2, p = 1; says ∇f = 0 and no curvature, with arrays of these sizes.
struct Sizes {
  Index gradient = 2, parameter_gradient = 1, dx = 2, dtheta = 1, more_directions = 0;
};
class Missized final : public Problem {
 public:
  explicit Missized(const Sizes& sizes) : sizes_(sizes) {}
  Index dimension() const override { return 2; }
  Index parameters() const override { return 1; }
  double value(const Vector&, const Vector&) const override { return 0; }
  Vector gradient(const Vector&, const Vector&) const override { return Vector::Zero(sizes_.gradient); }
  Vector parameter_gradient(const Vector&, const Vector&) const override {
    return Vector::Zero(sizes_.parameter_gradient);
  }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot, const Matrix&) const override {
    const Index k = x_dot.cols() + sizes_.more_directions;
    return {Matrix::Zero(sizes_.dx, k), Matrix::Zero(sizes_.dtheta, k)};
  }

 private:
  Sizes sizes_;
};

TEST_CASE("what a problem gives in another size than it promised is an error that names it, never memory") {
  const Vector x = Vector::Ones(2), theta = Vector::Ones(1);
  const auto plain = [&](const Sizes& sizes) {
    const Missized problem(sizes);
    Oracle<Vector>(problem).gradient(x, theta);
  };
  const auto forwards = [&](const Sizes& sizes) {
    const Missized problem(sizes);
    Oracle<DualVector>(problem).gradient(DualVector(x, Matrix::Ones(2, 3)), theta);
  };
  const auto backwards = [&](const Sizes& sizes) {
    const Missized f(sizes);
    Tape tape;
    const VarVector at = tape.input(x);
    tape.sweep(Oracle<VarVector>(f).gradient(at, theta), Matrix::Ones(2, 3)).adjoint(at);
  };
  const auto of_value = [&](const Sizes& sizes) {
    const Missized f(sizes);
    Tape tape;
    const VarVector at = tape.input(x), parameter = tape.input(theta);
    tape.sweep(Oracle<VarVector>(f).value(at, parameter)).adjoint(parameter);
  };
  for (const auto& run : {std::function<void(const Sizes&)>(plain), {forwards}, {backwards}, {of_value}})
    CHECK_NOTHROW(run({}));
  for (const Index size : {0, 1, 300}) {
    CHECK_THROWS_AS(plain({.gradient = size}), ShapeError);
    CHECK_THROWS_AS(forwards({.gradient = size}), ShapeError);
    CHECK_THROWS_AS(forwards({.dx = size}), ShapeError);
    CHECK_THROWS_AS(backwards({.dx = size}), ShapeError);
    CHECK_THROWS_AS(Missized({.dx = size}).hessian(x, theta), ShapeError);
    CHECK_THROWS_AS(of_value({.gradient = size}), ShapeError);
  }
  CHECK_THROWS_WITH_AS(backwards({.dtheta = 0}),
                       "problem: its second_order's dtheta is 0x3, it must be p x k = 1x3", ShapeError);
  CHECK_THROWS_WITH_AS(plain({.gradient = 300}), "problem: its gradient is 300x1, it must be n x 1 = 2x1",
                       ShapeError);
  CHECK_THROWS_AS(of_value({.parameter_gradient = 2}), ShapeError);
  CHECK_THROWS_AS(Missized({.more_directions = 1}).mixed(x, theta), ShapeError);
  CHECK_THROWS_AS(estimate_spectrum(Missized({.dx = 1}), x, theta), ShapeError);
}

TEST_CASE("the oracle's gradient may meet x as theta") {
  const auto f = make_problem(
      [](const auto& x, const auto& theta) { return sum(exp(x * 1.0)) + dot(x, theta) * dot(x, theta); }, 2,
      2);
  const Vector at{{0.3, -0.7}};
  Tape tape;
  const VarVector x = tape.input(at);
  const Matrix pulled =
      tape.sweep(Oracle<VarVector>(f).gradient(x, x), Matrix::Identity(2, 2)).adjoint(x).transpose();
  CHECK(relative_gap(pulled, test::central_differences([&](const Vector& v) { return f.gradient(v, v); },
                                                       at)) <= 1e-8);
}

TEST_CASE("the oracle's value can be differentiated once, in x and in theta") {
  test::Random random(8);
  for (const auto& c : problem_cases()) {
    if (c.name == "by hand") continue;
    CAPTURE(c.name);
    const Vector x_dot = random.vector(c.x.size()), theta_dot = random.vector(c.theta.size());
    Tape tape;
    const VarVector x = tape.input(c.x), theta = tape.input(c.theta);
    const Sweep back = tape.sweep(3.0 * Oracle<VarVector>(*c.problem).value(x, theta));
    CHECK(relative_gap(back.adjoint(x), 3 * c.problem->gradient(c.x, c.theta)) <= 1e-14);
    CHECK(relative_gap(back.adjoint(theta), 3 * c.problem->parameter_gradient(c.x, c.theta)) <= 1e-14);
    const Dual dual = Oracle<DualVector>(*c.problem).value({c.x, x_dot}, {c.theta, theta_dot});
    CHECK(dual.tangents()(0) == doctest::Approx(c.problem->gradient(c.x, c.theta).dot(x_dot) +
                                                c.problem->parameter_gradient(c.x, c.theta).dot(theta_dot)));
  }
}

TEST_CASE("an oracle counts gradients and directions") {
  const auto c = problem_cases().front();
  Cost cost;
  Oracle<Vector>(*c.problem, &cost).gradient(c.x, c.theta);
  CHECK(cost.gradients == 1);
  CHECK(cost.hessian_vector_products == 0);
  Oracle<DualVector>(*c.problem, &cost).gradient({c.x, Matrix::Ones(4, 3)}, c.theta);
  CHECK(cost.gradients == 2);
  CHECK(cost.hessian_vector_products == 3);
  Tape tape;
  const VarVector x = tape.input(c.x);
  const VarVector g = Oracle<VarVector>(*c.problem, &cost).gradient(x, c.theta);
  CHECK(cost.gradients == 3);
  tape.sweep(g, Matrix::Ones(4, 5));
  CHECK(cost.hessian_vector_products == 8);
}

TEST_CASE("third derivatives agree with differences, are symmetric, and come by a gradient's pullback") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    if (dynamic_cast<const test::Coshes*>(c.problem.get()) != nullptr) continue;  // has none
    const Problem& f = *c.problem;
    const Index n = c.x.size(), p = c.theta.size(), k = 2;
    const Vector w = Vector::LinSpaced(n, -1, 1.5), v = Vector::LinSpaced(n, 0.5, -0.7);
    const Matrix x_dot = Matrix::NullaryExpr(
                     n, k, [](Index i, Index j) { return std::sin(1.0 + static_cast<double>(i + 3 * j)); }),
                 theta_dot = Matrix::NullaryExpr(
                     p, k, [](Index i, Index j) { return 0.1 * std::cos(static_cast<double>(i + 2 * j)); });
    const SecondOrder third = f.third_order(c.x, c.theta, w, x_dot, theta_dot);
    for (Index j = 0; j < k; ++j) {
      const double h = 1e-5;
      const SecondOrder after = f.pull_gradient(c.x + h * x_dot.col(j), c.theta + h * theta_dot.col(j), w);
      const SecondOrder before = f.pull_gradient(c.x - h * x_dot.col(j), c.theta - h * theta_dot.col(j), w);
      const auto close = [](const Vector& a, const Vector& b) {
        return (a - b).norm() <= 1e-6 * (1 + b.norm());
      };
      CHECK(close(third.dx.col(j), (after.dx - before.dx) / (2 * h)));
      CHECK(close(third.dtheta.col(j), (after.dtheta - before.dtheta) / (2 * h)));
    }
    const Matrix none = Matrix::Zero(p, 1);
    const SecondOrder one_way = f.third_order(c.x, c.theta, w, v, none),
                      other = f.third_order(c.x, c.theta, v, w, none);
    CHECK((one_way.dx - other.dx).norm() <= 1e-13 * (1 + one_way.dx.norm()));
    CHECK((one_way.dtheta - other.dtheta).norm() <= 1e-13 * (1 + one_way.dtheta.norm()));

    Tape tape(k);
    const VarVector x = tape.input(c.x, x_dot), theta = tape.input(c.theta, theta_dot);
    Matrix seed = Matrix::Zero(n, 1 + k);
    seed.col(0) = w;
    const Sweep sweep = tape.sweep(Oracle<VarVector>(f).gradient(x, theta), seed);
    CHECK((sweep.adjoint(x).rightCols(k) - third.dx).norm() <= 1e-13 * (1 + third.dx.norm()));
    CHECK((sweep.adjoint(theta).rightCols(k) - third.dtheta).norm() <= 1e-13 * (1 + third.dtheta.norm()));
  }
}

TEST_CASE("second derivatives of a value on a tape, and what a problem does not give, are unsupported") {
  for (const auto& c : problem_cases()) {
    CAPTURE(c.name);
    Tape tape(2);
    const VarVector x = tape.input(c.x, Matrix::Ones(c.x.size(), 2));
    const Var v = Oracle<VarVector>(*c.problem).value(x, c.theta);
    CHECK_THROWS_AS(tape.sweep(v), UnsupportedError);
  }
  const test::Coshes by_hand;
  const Vector x = Vector::Ones(3), one = Vector::Ones(1);
  CHECK_THROWS_WITH_AS(by_hand.third_order(x, one, x, x, one), doctest::Contains("override third_order"),
                       UnsupportedError);
  CHECK_THROWS_AS(by_hand.parameter_gradient(x, one), UnsupportedError);
  CHECK_THROWS_AS(Oracle<DualVector>(by_hand).value(x, {one, Matrix::Ones(1, 1)}), UnsupportedError);
  Tape tape;
  const VarVector theta = tape.input(one);
  const Var value = Oracle<VarVector>(by_hand).value(x, theta);
  CHECK_THROWS_AS(tape.sweep(value), UnsupportedError);
}

TEST_CASE("the oracle refuses arrays of the wrong size over every array type, with the sizes") {
  const auto c = problem_cases().front();
  const Problem& f = *c.problem;
  const Vector five = Vector::Ones(5);
  CHECK_THROWS_WITH_AS(Oracle<Vector>(f).gradient(five, c.theta), doctest::Contains("n = 4, x has 5"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(Oracle<Vector>(f).gradient(c.x, five), doctest::Contains("p = 1, theta has 5"),
                       ShapeError);
  CHECK_THROWS_AS(Oracle<DualVector>(f).gradient(five, c.theta), ShapeError);
  CHECK_THROWS_AS(Oracle<DualVector>(f).value(c.x, five), ShapeError);
  Tape tape;
  const VarVector x = tape.input(five), theta = tape.input(c.theta);
  CHECK_THROWS_AS(Oracle<VarVector>(f).gradient(x, theta), ShapeError);
  CHECK_THROWS_AS(Oracle<VarVector>(f).value(x, theta), ShapeError);
  CHECK_THROWS_AS(Oracle<DualVector>(f).gradient({c.x, Matrix::Ones(4, 2)}, {c.theta, Matrix::Ones(1, 3)}),
                  ShapeError);
}

TEST_CASE("variables of two tapes, or of a cleared one, are refused by the oracle") {
  const auto c = problem_cases().front();
  Tape tape, other;
  const VarVector x = tape.input(c.x), theta = other.input(c.theta);
  const Oracle<VarVector> f(*c.problem);
  CHECK_THROWS_AS(f.gradient(x, theta), TapeError);
  tape.clear();
  CHECK_THROWS_AS(f.gradient(x, c.theta), TapeError);
}

TEST_CASE("a recorded step of ridge regression, m = 400, n = 200, holds at most 8n + 512 bytes of tape") {
  test::Random random(9);
  const Index n = 200;
  const RidgeProblem problem(random.matrix(400, n), random.vector(400));
  Tape tape;
  VarVector x = tape.input(random.vector(n));
  const VarVector theta = tape.input(Vector::Constant(1, 0.1));
  const Oracle<VarVector> f(problem);
  const auto bytes_after = [&](int steps) {
    for (int t = 0; t < steps; ++t) x = x - 0.1 * f.gradient(x, theta);
    return tape.statistics().bytes();
  };
  const std::size_t before = bytes_after(10);
  const std::size_t step = (bytes_after(100) - before) / 100;
  CAPTURE(step);
  CHECK(step <= 8 * static_cast<std::size_t>(n) + 512);
}

}  // namespace
}  // namespace unroll
