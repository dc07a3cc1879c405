#include "unroll/mpi/batch.hpp"

#include <doctest/doctest.h>

#include "mpi/ranks.hpp"
#include "support/texts.hpp"
#include "unroll/error.hpp"
#include "unroll/mpi/experiment.hpp"
#include "unroll/mpi/jacobian.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/ridge.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll {
namespace {

using test::contains;
using test::gap;
using test::message_of;
using test::ranks;
using test::same_on_all;

TEST_CASE("a batch over ranks is that of one, item by item, its errors included") {
  const test::Table t = test::table(30, 4);
  const RidgeProblem problem = ridge(t.a, t.y);
  const GradientDescent solver{.step_size = 0.1};
  const auto item = [&](Index i) -> Matrix {
    if (i == 7) throw 3;
    const Vector theta = Vector::Constant(1, i % 5 == 2 ? -1.0 : 0.1 * static_cast<double>(i + 1));
    return jacobian(problem, solver, Vector::Zero(4), theta, {.steps = 20}, Forward{}).dx;
  };
  for (const Index count : {0, 1, 3, 20}) {
    const auto over = mpi::batch(ranks(), count, item), alone = batch(count, item);
    REQUIRE(over.size() == alone.size());
    for (std::size_t i = 0; i < over.size(); ++i) {
      CHECK(bool(over[i]) == bool(alone[i]));
      CHECK(over[i].error == alone[i].error);
      if (over[i]) CHECK(over[i].value() == alone[i].value());
      if (i % 5 == 2 && i != 7) CHECK_THROWS_AS(over[i].value(), DomainError);
    }
  }
  const auto numbers = mpi::batch(ranks(), 9, [](Index i) { return static_cast<double>(i * i); });
  const auto vectors = mpi::batch(ranks(), 9, [](Index i) -> Vector { return Vector::Constant(i, 2.0); });
  for (Index i = 0; i < 9; ++i) {
    CHECK(numbers[static_cast<std::size_t>(i)].value() == static_cast<double>(i * i));
    CHECK(vectors[static_cast<std::size_t>(i)].value() == Vector::Constant(i, 2.0));
  }
  CHECK_THROWS_AS(mpi::batch(ranks(), -1, item), DomainError);
  if (ranks().size() > 1)
    CHECK_THROWS_AS(mpi::batch(ranks(), ranks().rank(), item), DomainError);  // not the same count
}

struct ManyTheta {  // p = 9 > n, or p < n
  Index n, p;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const Matrix mixing = Matrix::Constant(n, p, 0.3) + Matrix::Identity(n, p);
    return sum(softplus(V(x + mixing * theta))) + squared_norm(x);
  }
};

TEST_CASE("columns of a Jacobian are shared, forwards and backwards") {
  for (const auto& [n, p] : {std::pair<Index, Index>{4, 9}, {9, 5}, {3, 3}, {2, 1}, {1, 2}}) {
    CAPTURE(n);
    CAPTURE(p);
    const auto problem = make_problem(ManyTheta{n, p}, n, p);
    const Vector x0 = Vector::Ones(n), theta = Vector::LinSpaced(p, -1, 1);
    const GradientDescent solver{.step_size = 0.2};
    for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(Implicit{})}) {
      const Derivative over = mpi::jacobian(ranks(), problem, solver, x0, theta, {.steps = 40}, method),
                       alone = jacobian(problem, solver, x0, theta, {.steps = 40}, method);
      CHECK(over.dx.rows() == n);
      CHECK(over.dx.cols() == p);
      CHECK(gap(over.dx, alone.dx) < 1e-12);
      CHECK(over.x == alone.x);
      CHECK(over.steps == 40);
      CHECK(same_on_all(over.dx));
    }
    CHECK(contains(message_of<ShapeError>([&] {
                     mpi::jacobian(ranks(), problem, solver, x0,
                                   Vector::Ones(ranks().rank() == 0 ? p + 1 : p), {.steps = 4}, Forward{});
                   }),
                   "theta"));
  }
}

TEST_CASE("an experiment over ranks has the records of one") {
  Experiment e;
  e.problems = {data_problem({.data = "auto_mpg", .data_directory = UNROLL_DATA_DIR})};
  e.solvers = {
      experiment_solver("short",
                        [](const Instance& i) { return GradientDescent::short_step(i.spectrum.largest); }),
      experiment_solver(
          "half", [](const Instance& i) { return GradientDescent::short_step(2 * i.spectrum.largest); })};
  e.methods = {{"forward", Forward{}}, {"implicit", Implicit{}}};
  e.starts = {{"zero"}, {"normal", 0.1}};
  e.seeds = {1, 2};
  e.steps = {0, 3, 30};
  const auto over = mpi::run_experiment(ranks(), e), alone = run_experiment(e);
  REQUIRE(over.size() == alone.size());
  for (std::size_t i = 0; i < over.size(); ++i) {
    CHECK(over[i].problem == alone[i].problem);
    CHECK(over[i].start == alone[i].start);
    CHECK(over[i].solver == alone[i].solver);
    CHECK(over[i].method == alone[i].method);
    CHECK(over[i].seed == alone[i].seed);
    CHECK(over[i].t == alone[i].t);
    CHECK(over[i].status == alone[i].status);
    CHECK(over[i].objective_suboptimality == alone[i].objective_suboptimality);
    CHECK(over[i].jacobian_error == alone[i].jacobian_error);
    CHECK(over[i].cost.gradients == alone[i].cost.gradients);
    CHECK(over[i].cost.hessian_vector_products == alone[i].cost.hessian_vector_products);
  }
  e.steps = {-1};
  CHECK(contains(message_of<DomainError>([&] { mpi::run_experiment(ranks(), e); }), "a step is -1"));
}

}  // namespace
}  // namespace unroll
