#include "unroll/mpi/sum_over_ranks.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mpi/pairs.hpp"
#include "support/texts.hpp"
#include "unroll/error.hpp"
#include "unroll/unroll.hpp"

/// A problem whose rows lie on several ranks is one problem: everything as on one rank, to 1e-12, and the
/// same bits on all of them.
namespace unroll {
namespace {

using test::contains;
using test::Coupled;
using test::gap;
using test::message_of;
using test::Pair;
using test::pairs;
using test::ranks;
using test::same_on_all;
using test::Table;

constexpr double close = 1e-12;

Vector theta_of(const Problem& f) { return Vector::LinSpaced(f.parameters(), 0.1, 0.3); }

TEST_CASE("value, gradients and products are those of one rank, on one, on all") {
  const Index k = 3;
  for (const Pair& f : pairs()) {
    CAPTURE(f.name);
    const Index n = f.alone->dimension(), p = f.alone->parameters();
    const Vector x = Vector::LinSpaced(n, -1, 2), theta = theta_of(*f.alone), w = Vector::LinSpaced(n, 1, 3);
    const Matrix x_dot = test::table(n, k, 2).a, theta_dot = test::table(p, k, 3).a;
    CHECK(f.over->dimension() == n);
    CHECK(f.over->parameters() == p);
    CHECK(f.over->value(x, theta) == doctest::Approx(f.alone->value(x, theta)).epsilon(close));
    CHECK(same_on_all(f.over->value(x, theta)));
    const Vector g = f.over->gradient(x, theta), of_theta = f.over->parameter_gradient(x, theta);
    CHECK(gap(g, f.alone->gradient(x, theta)) < close);
    CHECK(gap(of_theta, f.alone->parameter_gradient(x, theta)) < close);
    CHECK(same_on_all(g));
    CHECK(same_on_all(of_theta));
    const auto check = [&](const SecondOrder& over, const SecondOrder& alone) {
      CHECK(gap(over.dx, alone.dx) < close);
      CHECK(gap(over.dtheta, alone.dtheta) < close);
      CHECK(same_on_all(over.dx));
      CHECK(same_on_all(over.dtheta));
    };
    check(f.over->second_order(x, theta, x_dot, theta_dot),
          f.alone->second_order(x, theta, x_dot, theta_dot));
    check(f.over->pull_gradient(x, theta, x_dot), f.alone->pull_gradient(x, theta, x_dot));
    CHECK(gap(f.over->push_gradient(x, theta, x_dot, theta_dot),
              f.alone->push_gradient(x, theta, x_dot, theta_dot)) < close);
    CHECK(gap(f.over->hessian(x, theta), f.alone->hessian(x, theta)) < close);
    CHECK(gap(f.over->mixed(x, theta), f.alone->mixed(x, theta)) < close);
    check(f.over->third_order(x, theta, w, x_dot, theta_dot),
          f.alone->third_order(x, theta, w, x_dot, theta_dot));
    // What is asked for without tangents in theta, and without derivatives in it.
    Matrix dx(n, k);
    f.over->second_order_into({x.data(), n}, {theta.data(), p}, {x_dot.data(), n, k}, {nullptr, p, 0},
                              {dx.data(), n, k}, {nullptr, p, 0});
    CHECK(gap(dx, f.alone->second_order(x, theta, x_dot, Matrix::Zero(p, k)).dx) < close);
  }
}

TEST_CASE("every derivative of a run is that of one rank, and the same bits on all") {
  for (const Pair& f : pairs()) {
    CAPTURE(f.name);
    const Index n = f.alone->dimension();
    const Vector x0 = Vector::Ones(n), theta = theta_of(*f.alone), w = Vector::LinSpaced(n, 1, 2);
    const double L = estimate_spectrum(*f.alone, x0, theta).spectrum.largest;
    const GradientDescent descent = GradientDescent::short_step(2 * L);
    const HeavyBall ball{.step_size = 1 / L, .momentum = 0.5};

    const auto check_solver = [&](const auto& solver,
                                  const std::vector<std::pair<std::string, Method>>& methods,
                                  const SolveOptions& options) {
      for (const auto& [name, method] : methods) {
        CAPTURE(name);
        const Derivative over = jacobian(*f.over, solver, x0, theta, options, method),
                         alone = jacobian(*f.alone, solver, x0, theta, options, method);
        CHECK(over.steps == alone.steps);
        CHECK(gap(over.x, alone.x) < close);
        CHECK(gap(over.dx, alone.dx) < close);
        CHECK(same_on_all(over.x));
        CHECK(same_on_all(over.dx));
        CHECK(same_on_all(over.certificate.bound.value_or(0)));
        const Vjp pulled = vjp(*f.over, solver, x0, theta, w, options, method);
        CHECK(gap(pulled.dtheta, vjp(*f.alone, solver, x0, theta, w, options, method).dtheta) < close);
        CHECK(same_on_all(pulled.dtheta));
        const auto loss = [](const auto& x, const auto& th) {
          return squared_norm(x) + 0.5 * squared_norm(th) * x[0];
        };
        const Hypergradient h = hypergradient(loss, *f.over, solver, x0, theta, options, method),
                            h1 = hypergradient(loss, *f.alone, solver, x0, theta, options, method);
        CHECK(gap(h.dtheta, h1.dtheta) < close);
        CHECK(std::abs(h.value - h1.value) < close);
        CHECK(same_on_all(h.dtheta));
      }
    };
    // A budget of a quarter of the tape.
    const std::size_t full = vjp(*f.over, ball, x0, theta, w, {.steps = 60}, Reverse{}).cost.tape_bytes;
    const Reverse within{.memory_budget = full / 4};
    CHECK(vjp(*f.over, ball, x0, theta, w, {.steps = 60}, within).cost.recomputed_steps > 0);
    const std::vector<std::pair<std::string, Method>> methods = {
        {"reverse", Reverse{}},
        {"forward", Forward{}},
        {"corrected", Reverse{.corrected = true}},
        {"at end", Reverse{.at_end = true}},
        {"implicit, CG", Implicit{.linear_solver = LinearSolver::conjugate_gradient, .tolerance = 1e-14}},
        {"implicit", Implicit{}}};
    check_solver(descent, methods, {.steps = 60});
    check_solver(ball, methods, {.steps = 60});
    check_solver(ball, {{"budget", within}}, {.steps = 60});
    check_solver(Newton{}, {{"one step", OneStep{}}, {"implicit", Implicit{}}}, {.steps = 8});
    check_solver(Lbfgs{}, {{"implicit", Implicit{}}}, {.steps = 100, .tolerance = 1e-13});
  }
}

TEST_CASE("a certificate over ranks is a bound, and Certified keeps its word") {
  const Table t = test::table(101, 7);
  const mpi::Rows mine = mpi::rows_of_rank(t.a.rows(), ranks());
  const auto over =
      mpi::mean_over_ranks(ranks(), mine.count, [&] { return logistic(t.rows(mine), t.labels(mine)); });
  const LogisticProblem alone = logistic(t.a, t.y);
  const Vector theta = Vector::Constant(1, 0.1), x0 = Vector::Zero(7);
  const auto known = over.curvature(theta), wanted = alone.curvature(theta);
  REQUIRE(known);
  CHECK(known->smallest_eigenvalue == doctest::Approx(wanted->smallest_eigenvalue));
  CHECK(*known->hessian_lipschitz >= *wanted->hessian_lipschitz * (1 - close));
  CHECK(*known->mixed_lipschitz == doctest::Approx(1));
  const Matrix exact = jacobian(alone, Newton{}, x0, theta, {.steps = 20}, Implicit{}).dx;
  const GradientDescent solver = GradientDescent::short_step(2);
  const Derivative d = jacobian(over, solver, x0, theta, {.steps = 5000}, Certified{1e-5});
  CHECK((d.dx - exact).norm() <= 1e-5 * exact.norm());
  CHECK(same_on_all(d.dx));
}

TEST_CASE("the outer loop is the same on all ranks") {
  const Table t = test::table(101, 7), held_out = test::table(40, 7, 9);
  const mpi::Rows mine = mpi::rows_of_rank(t.a.rows(), ranks());
  const auto over =
      mpi::mean_over_ranks(ranks(), mine.count, [&] { return logistic(t.rows(mine), t.labels(mine)); });
  const auto loss = [&](const auto& x, const auto&) {
    using V = std::decay_t<decltype(x)>;
    const V z = held_out.a * x;
    return sum(softplus(V(-1.0 * V(cwise_product(held_out.y, z))))) / 40.0;
  };
  OuterOptions options;
  options.steps = 5;
  options.project = [](const Vector& theta) { return Vector(theta.cwiseMax(1e-3)); };
  const auto found = [&](const Problem& f) {
    return minimise_outer(loss, f, GradientDescent::short_step(2), Vector::Zero(7), Vector::Constant(1, 0.1),
                          {.steps = 300}, options, Implicit{});
  };
  const OuterResult result = found(over), alone = found(logistic(t.a, t.y));
  CHECK(same_on_all(result.theta));
  CHECK(same_on_all(result.x));
  CHECK(result.steps.size() == alone.steps.size());
  CHECK(gap(result.theta, alone.theta) < 1e-9);
}

TEST_CASE("a root whose equations are summed over ranks is a root") {
  const double share = 1 / static_cast<double>(ranks().size());
  const auto over = mpi::sum_over_ranks(ranks(), [&] { return make_root(Coupled{share}, 2, 1); });
  const auto alone = make_root(Coupled{1}, 2, 1);
  CHECK(!over.has_objective());
  CHECK(over.has_equation());
  const Vector x0 = Vector::Ones(2), theta = Vector::Constant(1, 2);
  for (const Method& method : {Method(Implicit{}), Method(Reverse{}), Method(Forward{})}) {
    const Derivative d = jacobian(over, Newton{}, x0, theta, {.steps = 8}, method);
    CHECK(gap(d.dx, jacobian(alone, Newton{}, x0, theta, {.steps = 8}, method).dx) < close);
    CHECK(same_on_all(d.dx));
  }
  CHECK_THROWS_AS(over.value(x0, theta), UnsupportedError);
}

struct RowsLoss {
  Matrix a;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V& theta, std::span<const Index> rows) const {
    scalar_t<V> total(0.0);
    for (const Index i : rows) {
      const Vector row = a.row(i);
      const auto r = dot(row, x) - y[i];
      total = total + 0.5 * r * r;
    }
    return total / static_cast<double>(rows.size()) + 0.5 * theta[0] * squared_norm(x);
  }
};

TEST_CASE("batches of a finite sum are shared by the ranks that hold their rows") {
  const Table t = test::table(23, 4);
  const mpi::Rows mine = mpi::rows_of_rank(23, ranks());
  const auto alone = make_finite_sum(RowsLoss{t.a, t.y}, 4, 1, 23);
  const auto over = mpi::finite_sum_over_ranks(ranks(), mine.count, [&] {
    return make_finite_sum(RowsLoss{t.rows(mine), t.labels(mine)}, 4, 1, mine.count);
  });
  CHECK(over.terms() == 23);
  const StochasticGradient solver{.step_size = 0.2, .batches = {{0}, {22, 3, 3}, {1, 9, 17}, {20, 21}}};
  const Vector x0 = Vector::Ones(4), theta = Vector::Constant(1, 0.1);
  for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Reverse{.corrected = true})}) {
    const Derivative d = jacobian(over, solver, x0, theta, {.steps = 30}, method);
    CHECK(gap(d.dx, jacobian(alone, solver, x0, theta, {.steps = 30}, method).dx) < close);
    CHECK(same_on_all(d.dx));
  }
  CHECK_THROWS_AS(mpi::finite_sum_over_ranks(
                      ranks(), mine.count + 1,
                      [&] {
                        return make_finite_sum(RowsLoss{t.rows(mine), t.labels(mine)}, 4, 1, mine.count);
                      }),
                  ShapeError);
}

}  // namespace
}  // namespace unroll
