#include "unroll/solver/solve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "solver/random_quadratic.hpp"
#include "support/numbers.hpp"
#include "support/texts.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll {
namespace {

using test::contains;
using test::infinity;
using test::message_of;
using test::nan;
using test::random_quadratic;

/// f = ½ a‖x‖², n = 2, θ = (a), a > 0.
class HalfSquare : public Problem {
 public:
  Index dimension() const override { return 2; }
  Index parameters() const override { return 1; }
  double value(const Vector& x, const Vector& theta) const override { return theta[0] / 2 * x.squaredNorm(); }
  Vector gradient(const Vector& x, const Vector& theta) const override { return theta[0] * x; }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return {theta[0] * x_dot + x * theta_dot, x.transpose() * x_dot};
  }
  void check_domain(const Vector& theta) const override {
    if (!(theta[0] > 0)) throw DomainError("bowl: theta must be positive");
  }
};
const Vector one = Vector::Ones(1), start = Vector::Constant(2, 1.0);

TEST_CASE("a run without tolerance takes every step and keeps x_0 … x_T") {
  const Trajectory run = solve(HalfSquare(), GradientDescent{0.5}, start, one, {.steps = 10});
  CHECK(run.status == Status::step_limit);
  CHECK(run.steps == 10);
  REQUIRE(run.iterates.size() == 11);
  for (int t = 0; t <= 10; ++t) CHECK(run.iterates[static_cast<std::size_t>(t)] == std::pow(0.5, t) * start);
  CHECK(run.x() == std::pow(0.5, 10) * start);
  CHECK(run.cost.gradients == 10);
}

TEST_CASE("a run of no steps is the start point and evaluates nothing") {
  const Trajectory run = solve(HalfSquare(), GradientDescent{0.5}, start, one, {.steps = 0});
  CHECK(run.status == Status::step_limit);
  CHECK(run.steps == 0);
  CHECK(run.x() == start);
  CHECK(run.cost.gradients == 0);
}

TEST_CASE("a run with a tolerance ends at the first step that is short enough, and not before") {
  const double tolerance = 1e-3;
  const Trajectory run =
      solve(HalfSquare(), GradientDescent{0.5}, 100 * start, one, {.steps = 1000, .tolerance = tolerance});
  CHECK(run.status == Status::converged);
  REQUIRE(run.steps < 1000);
  REQUIRE(run.iterates.size() == static_cast<std::size_t>(run.steps) + 1);
  for (std::size_t t = 1; t < run.iterates.size(); ++t) {
    const Vector &x = run.iterates[t], &previous = run.iterates[t - 1];
    CHECK(((x - previous).norm() <= tolerance * std::max(1.0, x.norm())) == (t + 1 == run.iterates.size()));
  }
}

TEST_CASE("the tolerance is relative to x where x is large") {
  const AffineQuadratic problem(Matrix::Identity(4, 4), {}, Vector::Constant(4, -1e6), Matrix(4, 0));
  const Vector near = Vector::Constant(4, 1.001e6);  // the minimiser is 1e6 in every entry
  const Trajectory run =
      solve(problem, GradientDescent{0.5}, near, Vector(), {.steps = 50, .tolerance = 1e-3});
  CHECK(run.status == Status::converged);
  CHECK(run.steps == 1);
}

TEST_CASE("small steps far from the minimiser are not convergence") {
  const auto [problem, theta, x0, dx0] = random_quadratic(4, 1, 1.0, 2.0, true, 3);
  const Trajectory run =
      solve(problem, GradientDescent{1e-4}, 1e6 * x0, theta, {.steps = 50, .tolerance = 1e-3});
  CHECK(run.status == Status::step_limit);
}

TEST_CASE("a run that overflows ends at its last finite iterate and names the step that failed") {
  const GradientDescent solver{1e100};
  const Trajectory run = solve(HalfSquare(), solver, start, one, {.steps = 100});
  CHECK(run.status == Status::non_finite);
  CHECK(run.steps == 3);
  CHECK(run.iterates.size() == 4);
  CHECK(run.x().allFinite());
  CHECK(contains(run.message(), "step 4"));
  CHECK(contains(run.message(), "smaller step size"));
}

TEST_CASE("a run whose first step is not finite ends at its start point") {
  const auto [problem, theta, x0, dx0] = random_quadratic(3, 1, 1.0, 2.0, true, 3);
  const Trajectory run = solve(problem, GradientDescent{1e308}, 1e10 * x0, theta);
  CHECK(run.status == Status::non_finite);
  CHECK(run.steps == 0);
  CHECK(run.x() == 1e10 * x0);
}

TEST_CASE("a gradient that is NaN ends the run") {
  struct NanGradient : HalfSquare {
    Vector gradient(const Vector& x, const Vector&) const override { return Vector::Constant(x.size(), nan); }
  };
  CHECK(solve(NanGradient(), GradientDescent{0.5}, start, one).status == Status::non_finite);
}

TEST_CASE("the observer sees every iterate that is kept, with its number") {
  std::vector<Vector> seen;
  const auto observer = [&](Index t, const Vector& x) {
    CHECK(t == static_cast<Index>(seen.size()));
    seen.push_back(x);
  };
  CHECK(solve(HalfSquare(), GradientDescent{0.5}, start, one, {.steps = 7, .observer = observer}).iterates ==
        seen);
  seen.clear();
  CHECK(solve(HalfSquare(), GradientDescent{0.5}, start, one, {.tolerance = 0.1, .observer = observer})
            .iterates == seen);
  seen.clear();
  CHECK(solve(HalfSquare(), GradientDescent{1e100}, start, one, {.observer = observer}).iterates == seen);
}

TEST_CASE("an exception of the observer ends the run and passes through") {
  const auto observer = [](Index t, const Vector&) {
    if (t == 3) throw std::runtime_error("enough");
  };
  CHECK(message_of<std::exception>([&] {
          solve(HalfSquare(), GradientDescent{0.5}, start, one, {.observer = observer});
        }) == "enough");
}

TEST_CASE("a start point or theta of the wrong size is refused, with the sizes") {
  const GradientDescent solver{0.5};
  CHECK_THROWS_AS(solve(HalfSquare(), solver, Vector::Ones(3), one), ShapeError);
  CHECK_THROWS_AS(solve(HalfSquare(), solver, Vector(), one), ShapeError);
  CHECK_THROWS_AS(solve(HalfSquare(), solver, start, Vector()), ShapeError);
  CHECK(message_of<std::exception>([&] { solve(HalfSquare(), solver, Vector::Ones(3), one); }) ==
        "solve: x has 3 entries, the problem has 2 variables");
  CHECK(message_of<std::exception>([&] { solve(HalfSquare(), solver, start, Vector::Ones(4)); }) ==
        "solve: theta has 4 entries, the problem has 1 parameters");
}

TEST_CASE("a start point or theta that is not finite is refused, with the entry") {
  const GradientDescent solver{0.5};
  CHECK_THROWS_AS(solve(HalfSquare(), solver, Vector::Constant(2, infinity), one), DomainError);
  CHECK(message_of<std::exception>([&] {
          solve(HalfSquare(), solver, Vector{{1.0, nan}}, one);
        }) == "solve: x[1] is nan, it must be finite");
  CHECK(message_of<std::exception>([&] { solve(HalfSquare(), solver, start, nan * one); }) ==
        "solve: theta[0] is nan, it must be finite");
}

TEST_CASE("theta outside the problem's domain is refused") {
  CHECK_THROWS_AS(solve(HalfSquare(), GradientDescent{0.5}, start, -one), DomainError);
}

TEST_CASE("options out of their range are refused") {
  const GradientDescent solver{0.5};
  CHECK_THROWS_AS(solve(HalfSquare(), solver, start, one, {.steps = -1}), DomainError);
  CHECK_THROWS_AS(solve(HalfSquare(), solver, start, one, {.tolerance = nan}), DomainError);
  CHECK_THROWS_AS(solve(HalfSquare(), solver, start, one, {.tolerance = -1e-3}), DomainError);
  CHECK_THROWS_AS(solve(HalfSquare(), solver, start, one, {.tolerance = infinity}), DomainError);
}

TEST_CASE("a solver's own options are checked before its first step") {
  CHECK_THROWS_AS(solve(HalfSquare(), GradientDescent{0}, start, one), DomainError);
  CHECK_THROWS_AS(solve(HalfSquare(), GradientDescent{nan}, start, one, {.steps = 0}), DomainError);
}

/// Gradient descent that halves its step size every third step; counts in its state.
struct Halving {
  template <class V>
  struct Memory {
    V x;
    double step_size;
    int countdown;
  };
  template <class V>
  Memory<V> init(const V& x0) const {
    return {x0, 1.0, 3};
  }
  template <class V>
  Memory<V> step(const Oracle<V>& f, const Memory<V>& s, const V& theta, Index) const {
    const bool now = s.countdown == 1;
    return {s.x - s.step_size * f.gradient(s.x, theta), now ? s.step_size / 2 : s.step_size,
            now ? 3 : s.countdown - 1};
  }
};

TEST_CASE("a user's solver with scalars and counters in its state runs as the built-in ones") {
  const Vector theta = Vector::Constant(1, 0.25);
  const Trajectory run = solve(HalfSquare(), Halving{}, start, theta, {.steps = 4});
  const double expected = 0.75 * 0.75 * 0.75 * 0.875;
  CHECK(run.x() == expected * start);
}

TEST_CASE("a solver whose iterate changes its size is refused at that step, with the sizes") {
  struct Growing {
    State<Vector> step(const Oracle<Vector>&, const State<Vector>& s, const Vector&, Index t) const {
      return t < 2 ? s : State<Vector>{Vector::Ones(5)};
    }
  };
  CHECK_THROWS_AS(solve(HalfSquare(), Growing{}, start, one), ShapeError);
  CHECK(message_of<std::exception>([&] { solve(HalfSquare(), Growing{}, start, one); }) ==
        "solve: step 3 made member 1 of the state (x) 5x1, it was 2x1");
}

TEST_CASE("plain arrays, duals and taped arrays take the same steps, to the last bit, and stop alike") {
  const HalfSquare bowl;
  const Vector theta = Vector::Constant(1, 0.3);
  Tape tape;
  std::vector<Vector> duals, taped;
  const SolveOptions options{.steps = 50, .tolerance = 1e-3};
  const Trajectory plain = solve(bowl, Halving{}, start, theta, options);
  const auto dual_end =
      run(Oracle<DualVector>(bowl), Halving{}, DualVector(start), DualVector(theta, Matrix::Ones(1, 1)),
          options, [&](Index, const auto& state) { duals.push_back(state.x.value()); });
  const auto taped_end = run(Oracle<VarVector>(bowl), Halving{}, VarVector(start), tape.input(theta), options,
                             [&](Index, const auto& state) { taped.push_back(state.x.value()); });
  CHECK(plain.status == Status::converged);
  CHECK(plain.iterates == duals);
  CHECK(plain.iterates == taped);
  CHECK(dual_end.steps == plain.steps);
  CHECK(taped_end.steps == plain.steps);
  CHECK(dual_end.status == Status::converged);
  CHECK(taped_end.status == Status::converged);
}

TEST_CASE("a run of duals whose value overflows ends at its last finite iterate") {
  const HalfSquare bowl;
  const auto end = run(Oracle<DualVector>(bowl), GradientDescent{1e100}, DualVector(start),
                       DualVector(one, Matrix::Ones(1, 1)), {.steps = 100});
  CHECK(end.status == Status::non_finite);
  CHECK(end.steps == 3);
  CHECK(end.state.x.value().allFinite());
}

TEST_CASE("a run that is resumed from a state ends where the whole run ends") {
  const HalfSquare bowl;
  const Oracle<Vector> f(bowl);
  const auto half = run(f, Halving{}, start, one, {.steps = 4});
  std::vector<Index> seen;
  const auto visit = [&](Index t, const auto&) { seen.push_back(t); };
  const auto end = resume(f, Halving{}, half.state, one, 4, {.steps = 9}, visit);
  CHECK(end.steps == 9);
  CHECK(end.state.x == solve(bowl, Halving{}, start, one, {.steps = 9}).x());
  CHECK(seen == std::vector<Index>{5, 6, 7, 8, 9});
}

TEST_CASE("a run that does not contract warns of a step size of 2/L or more, one that does is silent") {
  for (const double h : {2.0, 2.1})
    CHECK(contains(solve(HalfSquare(), GradientDescent{h}, start, one, {.steps = 50}).message(),
                   "2/L or more"));
  CHECK(!contains(solve(HalfSquare(), GradientDescent{1.9}, start, one, {.steps = 50}).message(), "2/L"));
}

TEST_CASE("a solver that changes the shape of another member is refused, with step, member and sizes") {
  struct Growing {
    struct Memory {
      Vector x;
      double scalar;
      Matrix past;
      std::vector<Vector> list;
    };
    Memory init(const Vector& x0) const { return {x0, 1, x0, {}}; }
    Memory step(const Oracle<Vector>&, const Memory& s, const Vector&, Index t) const {
      return {s.x, 1, t < 2 ? s.past : Matrix(Matrix::Ones(2, 3)), {s.x, s.x}};
    }
  };
  CHECK_THROWS_AS(solve(HalfSquare(), Growing{}, start, one), ShapeError);
  CHECK(message_of<std::exception>([&] { solve(HalfSquare(), Growing{}, start, one); }) ==
        "solve: step 3 made member 3 of the state 2x3, it was 2x1");
}

TEST_CASE("every status has a sentence of its own") {
  CHECK(describe(Status::step_limit) != describe(Status::converged));
  CHECK(describe(Status::converged) != describe(Status::non_finite));
  CHECK(contains(message(Status::step_limit, 1), "1 step:"));
  CHECK(contains(message(Status::converged, 12), "12 steps:"));
}

}  // namespace
}  // namespace unroll
