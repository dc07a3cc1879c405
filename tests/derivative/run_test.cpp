#include <doctest/doctest.h>

#include <stdexcept>

#include "derivative/cases.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"

/// What derivatives make of how a run went: its end, its cost, its threads, its failures.
namespace unroll {
namespace {

using test::Case;
using test::Restarting;

bool same(const Derivative& a, const Derivative& b) {
  return a.x == b.x && a.dx == b.dx && a.steps == b.steps && a.status == b.status;
}

TEST_CASE("a Jacobian does not depend on the number of threads, to the last bit") {
  // Three blocks of cotangents. The template's second order records tapes of its own, in the helpers'
  // threads.
  test::Random random(12);
  const Matrix C = random.matrix(9, 150) / 12;
  const Case from_template{"template",
                           test::shared_problem(test::CurvedFunction{C}, 150, 9),
                           random.vector(150),
                           random.vector(9),
                           {1, 2}};
  const Restarting solver{0.5};
  const SolveOptions options{.steps = 6};
  for (const Case& c : {test::random_case(150, 2), from_template}) {
    const Derivative one = jacobian(*c.problem, solver, c.start, c.theta, options, Reverse{1});
    const Derivative forward = jacobian(*c.problem, solver, c.start, c.theta, options, Forward{});
    CHECK((one.dx - forward.dx).norm() <= 1e-12 * forward.dx.norm());
    for (const Index threads : {2, 3, 7}) {
      CAPTURE(c.name);
      CAPTURE(threads);
      const Derivative many = jacobian(*c.problem, solver, c.start, c.theta, options, Reverse{threads});
      CHECK(same(one, many));
      CHECK(many.cost.hessian_vector_products == one.cost.hessian_vector_products);
      CHECK(jacobian_history(*c.problem, solver, c.start, c.theta, options, Reverse{threads}, {6}).dx[0] ==
            one.dx);
    }
  }
}

TEST_CASE("a history holds the steps that were asked for, and those of the run alone") {
  const Case c = test::random_case();
  const Chebyshev solver{0.05, 2};
  const SolveOptions options{.steps = 20};
  const History all = jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{});
  const std::vector<Index> at{0, 3, 7, 20, 21, 500};
  for (const History& some :
       {jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{}, at),
        jacobian_history(*c.problem, solver, c.start, c.theta, options, Reverse{}, at)}) {
    CHECK(some.t == std::vector<Index>{0, 3, 7, 20});
    CHECK(some.steps == 20);
    for (std::size_t i = 0; i < some.t.size(); ++i) {
      const auto t = static_cast<std::size_t>(some.t[i]);
      CHECK((some.x[i] - all.x[t]).norm() <= 1e-14 * all.x[t].norm());
      CHECK((some.dx[i] - all.dx[t]).norm() <= 1e-13 * all.dx[t].norm());
    }
    CHECK(some.dx[0] == c.start.dx);
  }
}

TEST_CASE("a run that stops by its tolerance is differentiated as far as it went") {
  for (const Case& c : {test::random_case(), test::logistic_case()}) {
    CAPTURE(c.name);
    const auto solver = HeavyBall::optimal(c.spectrum.smallest, c.spectrum.largest);
    const SolveOptions loose{.steps = 1000, .tolerance = 1e-3};
    const auto check = [&](const auto& method) {
      const Derivative stopped = jacobian(*c.problem, solver, c.start, c.theta, loose, method);
      CHECK(stopped.status == Status::converged);
      REQUIRE(stopped.steps < 1000);
      const Derivative whole =
          jacobian(*c.problem, solver, c.start, c.theta, {.steps = stopped.steps}, method);
      CHECK(whole.status == Status::step_limit);
      CHECK(stopped.x == whole.x);
      CHECK(stopped.dx == whole.dx);
    };
    check(Reverse{});
    check(Forward{});
    check(Implicit{});
  }
}

TEST_CASE("a run that overflows names its last finite step, whose derivative is given and finite") {
  const Case c = test::random_case();
  const GradientDescent solver{1e100};
  const SolveOptions options{.steps = 50};
  const auto check = [&](const auto& method) {
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, options, method);
    CHECK(d.status == Status::non_finite);
    CHECK(d.steps == 3);
    CHECK(d.x.allFinite());
    CHECK(d.dx.allFinite());
    CHECK(d.dx == jacobian(*c.problem, solver, c.start, c.theta, {.steps = 3}, method).dx);
  };
  check(Reverse{});
  check(Forward{});
  check(Implicit{});
  const History history = jacobian_history(*c.problem, solver, c.start, c.theta, options, Reverse{});
  CHECK(history.t == std::vector<Index>{0, 1, 2, 3});
  CHECK(history.status == Status::non_finite);
  const Vjp v = vjp(*c.problem, solver, c.start, c.theta, Vector::Ones(6), options);
  CHECK(v.status == Status::non_finite);
  CHECK(v.dtheta.allFinite());
}

TEST_CASE("a run of no steps has the derivative of its start") {
  const Case c = test::random_case();
  const Restarting solver{0.5};
  const SolveOptions none{.steps = 0};
  const Vector w = Vector::LinSpaced(6, 1, 2), v = Vector::LinSpaced(3, -1, 1);
  for (const Derivative& d : {jacobian(*c.problem, solver, c.start, c.theta, none, Reverse{}),
                              jacobian(*c.problem, solver, c.start, c.theta, none, Forward{})}) {
    CHECK(d.x == c.start.x);
    CHECK(d.dx == c.start.dx);
    CHECK(d.steps == 0);
    CHECK(d.status == Status::step_limit);
  }
  CHECK(jacobian(*c.problem, solver, c.start.x, c.theta, none, Reverse{}).dx == Matrix::Zero(6, 3));
  CHECK(jacobian(*c.problem, solver, c.start.x, c.theta, none, Forward{}).dx == Matrix::Zero(6, 3));
  CHECK((vjp(*c.problem, solver, c.start, c.theta, w, none).dtheta - c.start.dx.transpose() * w).norm() <=
        1e-14);
  CHECK(vjp(*c.problem, solver, c.start, c.theta, w, none).dx0 == w);
  CHECK((jvp(*c.problem, solver, c.start, c.theta, v, none).dx - c.start.dx * v).norm() <= 1e-14);
  CHECK(jacobian_history(*c.problem, solver, c.start, c.theta, none, Reverse{}).dx ==
        std::vector<Matrix>{c.start.dx});
}

TEST_CASE("a problem without parameters has a Jacobian of no columns") {
  const AffineQuadratic problem(Matrix::Identity(3, 3), {}, Vector::Ones(3), Matrix(3, 0));
  const Vector x0 = Vector::Zero(3), none;
  const auto check = [&](const auto& method) {
    const Derivative d = jacobian(problem, GradientDescent{0.5}, x0, none, {.steps = 1}, method);
    CHECK(d.dx.rows() == 3);
    CHECK(d.dx.cols() == 0);
    CHECK(d.x == Vector::Constant(3, -0.5));
    CHECK(vjp(problem, GradientDescent{0.5}, x0, none, Vector::Ones(3), {.steps = 1}, method).dtheta.size() ==
          0);
    CHECK(jvp(problem, GradientDescent{0.5}, x0, none, none, {.steps = 1}, method).dx == Vector::Zero(3));
  };
  check(Reverse{});
  check(Forward{});
  check(Implicit{});
}

struct Oblivious {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index) const {
    return {V(Vector::Ones(s.x.size()))};
  }
};

TEST_CASE("a solver that leaves its start and theta for a constant has the derivative zero") {
  const Case c = test::random_case();
  CHECK(jacobian(*c.problem, Oblivious{}, c.start, c.theta, {.steps = 2}, Reverse{}).dx ==
        Matrix::Zero(6, 3));
  CHECK(jacobian(*c.problem, Oblivious{}, c.start, c.theta, {.steps = 2}, Forward{}).dx ==
        Matrix::Zero(6, 3));
  CHECK(vjp(*c.problem, Oblivious{}, c.start, c.theta, Vector::Ones(6), {.steps = 2}).dx0 == Vector::Zero(6));
}

TEST_CASE("the cost counts every gradient and every Hessian-vector product") {
  const Case c = test::random_case();  // n = 6, p = 3
  const Index n = 6, p = 3, T = 10;
  const SolveOptions options{.steps = T};
  const Vector w = Vector::Ones(n), v = Vector::Ones(p);
  const auto check = [&](const auto& solver) {
    const auto counts = [](const Cost& cost, Index gradients, Index products) {
      CHECK(cost.gradients == gradients);
      CHECK(cost.hessian_vector_products == products);
      CHECK(cost.recomputed_steps == 0);
    };
    // The certificate of a Jacobian is one gradient and p products, of a jvp one and one, of a vjp a
    // gradient.
    const Derivative reverse = jacobian(*c.problem, solver, c.start, c.theta, options, Reverse{});
    counts(reverse.cost, T + 1, T * n + p);
    CHECK(reverse.cost.tape_bytes >= static_cast<std::size_t>(T * n) * sizeof(double));
    const Derivative forward = jacobian(*c.problem, solver, c.start, c.theta, options, Forward{});
    counts(forward.cost, T + 1, T * p + p);
    CHECK(forward.cost.tape_bytes == 0);
    // Of few products it looks at the gradient alone, as the whole would be more than a tenth of them.
    counts(jacobian(*c.problem, solver, c.start, c.theta, options, Implicit{}).cost, T + 1, n + p);
    counts(vjp(*c.problem, solver, c.start, c.theta, w, options, Reverse{}).cost, T + 1, T);
    counts(vjp(*c.problem, solver, c.start, c.theta, w, options, Forward{}).cost, T + 1, T * (n + p));
    counts(vjp(*c.problem, solver, c.start, c.theta, w, options, Implicit{}).cost, T + 1, n + 1);
    counts(jvp(*c.problem, solver, c.start, c.theta, v, options, Implicit{}).cost, T + 1, n + 1);
    counts(jvp(*c.problem, solver, c.start, c.theta, v, options, Forward{}).cost, T + 1, T + 1);
    counts(jacobian_history(*c.problem, solver, c.start, c.theta, options, Forward{}).cost, T, T * p);
    // Both t share one sweep, whose columns all travel from the later t on.
    counts(jacobian_history(*c.problem, solver, c.start, c.theta, options, Reverse{}, {4, 10}).cost, T,
           2 * 10 * n);
  };
  check(GradientDescent{0.5});
}

/// Gradient descent that throws at step `at`.
struct Failing {
  Index at;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V next = s.x - 0.5 * f.gradient(s.x, theta);
    if (t == at) throw std::runtime_error("the step failed");
    return {next};
  }
};

/// The quadratic ½‖x − θ‖², n = p = 100, whose second order throws.
class Refusing final : public Problem {
 public:
  Index dimension() const override { return 100; }
  Index parameters() const override { return 100; }
  double value(const Vector& x, const Vector& theta) const override {
    return 0.5 * (x - theta).squaredNorm();
  }
  Vector gradient(const Vector& x, const Vector& theta) const override { return x - theta; }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const override {
    throw std::runtime_error("no second order today");
  }
};

TEST_CASE("after an exception from a step, a problem or an observer everything works as before") {
  const Case c = test::random_case();
  const SolveOptions options{.steps = 10};
  const auto check = [&](const auto& method) {
    const auto run = [&](const Failing& solver, const SolveOptions& o) {
      return jacobian(*c.problem, solver, c.start, c.theta, o, method);
    };
    const Derivative before = run({-1}, options);
    for (const Index at : {0, 5, 9})
      CHECK_THROWS_WITH_AS(run({at}, options), "the step failed", std::runtime_error);
    const auto observer = [](Index t, const Vector&) {
      if (t == 4) throw std::logic_error("enough");
    };
    CHECK_THROWS_AS(run({-1}, {.steps = 10, .observer = observer}), std::logic_error);
    const Vector x0 = Vector::Ones(100);
    CHECK_THROWS_WITH_AS(jacobian(Refusing(), Failing{-1}, x0, x0, options, method), "no second order today",
                         std::runtime_error);
    CHECK(same(run({-1}, options), before));
  };
  check(Reverse{1});
  check(Reverse{2});
  check(Forward{});
  check(Implicit{});
}

TEST_CASE("a derivative may be taken while another run is being recorded") {
  // The thread's tapes nest: an observer that differentiates a run of its own.
  const Case c = test::random_case();
  const GradientDescent solver{0.5};
  const Derivative before = jacobian(*c.problem, solver, c.start, c.theta, {.steps = 6}, Reverse{});
  int inner = 0;
  const auto observer = [&](Index t, const Vector& x) {
    inner += jacobian(*c.problem, solver, x, c.theta, {.steps = t}, Reverse{}).steps == t ? 1 : 0;
  };
  CHECK(same(jacobian(*c.problem, solver, c.start, c.theta, {.steps = 6, .observer = observer}, Reverse{}),
             before));
  CHECK(inner == 7);
}

}  // namespace
}  // namespace unroll
