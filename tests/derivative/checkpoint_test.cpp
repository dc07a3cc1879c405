#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>

#include "derivative/checkpoint/plan.hpp"
#include "derivative/runner.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/anderson.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/lbfgs.hpp"

/// Reverse mode within a memory budget: the same derivative, within it.
namespace unroll {
namespace {

using test::Case;
using test::Runner;
using test::runner;

std::vector<Runner> runners(const Spectrum& s) {
  return {runner("heavy-ball", HeavyBall::optimal(s.smallest, s.largest)),
          runner("averaging", test::Averaging{1 / s.largest}),
          runner("restarting", test::Restarting{1 / s.largest}),
          runner("tallying", test::Tallying{1 / s.largest}),
          runner("growing", test::Growing{1 / s.largest, 20}),
          runner("lbfgs", Lbfgs{}),
          runner("anderson", Anderson<>{{1 / s.largest}})};
}

// Those whose states, or steps, are larger later than at first.
bool needs_grow(const Runner& solver) {
  const std::vector<std::string> some{"tallying", "growing", "lbfgs", "anderson"};
  return std::find(some.begin(), some.end(), solver.name) != some.end();
}

// The least budget that is allowed, from what the error says of a smaller one.
std::size_t least_budget(const Runner& solver, const Case& c, const SolveOptions& options, const Vector& w) {
  try {
    solver.vjp(c, w, options, {.memory_budget = 1});
  } catch (const DomainError& e) {
    const std::string text = e.what();
    return std::stoul(text.substr(text.rfind(' ') + 1));
  }
  return 0;
}

// Where cotangents cancel on the way, what is left is of their rounding.
void check_close(const Matrix& a, const Matrix& b, double scale = 0) {
  CHECK((a - b).norm() <= 1e-14 * std::max(b.norm(), scale));
}

TEST_CASE("within a budget the derivative is that of a full tape, for every kind of state") {
  for (const Case& c : {test::ridge_case(), test::random_case()}) {
    const Vector w = Vector::LinSpaced(c.start.x.size(), -1, 2);
    for (const Runner& solver : runners(c.spectrum)) {
      CAPTURE(c.name);
      CAPTURE(solver.name);
      const SolveOptions options{.steps = 60};
      const Vjp full = solver.vjp(c, w, options, {});
      const Derivative full_jacobian = solver.jacobian(c, options, {});
      CHECK(full.cost.recomputed_steps == 0);
      for (const std::size_t divisor : {std::size_t{2}, std::size_t{4}}) {
        const std::size_t budget = full.cost.tape_bytes / divisor;
        CAPTURE(budget);
        const Vjp within = solver.vjp(c, w, options, {.memory_budget = budget});
        CHECK(within.x == full.x);
        CHECK(within.steps == 60);
        check_close(within.dtheta, full.dtheta);
        check_close(within.dx0, full.dx0, 1e-2 * w.norm());
        CHECK(within.cost.tape_bytes <= budget);
        CHECK(within.cost.recomputed_steps > 0);
        for (const Index threads : {1, 3})
          check_close(solver.jacobian(c, options, {.threads = threads, .memory_budget = budget}).dx,
                      full_jacobian.dx);
      }
    }
  }
}

TEST_CASE("the least budget that an error names is enough, and steps are taken as revolve would") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  for (const Runner& solver : runners(c.spectrum)) {
    if (needs_grow(solver)) continue;
    CAPTURE(solver.name);
    for (const Index steps : {1, 2, 37, 200}) {
      const SolveOptions options{.steps = steps};
      const Vjp full = solver.vjp(c, w, options, {});
      const std::size_t least = least_budget(solver, c, options, w);
      REQUIRE(least > 0);
      for (const std::size_t budget : {least, least + least / 2, 3 * least, 10 * least}) {
        CAPTURE(steps);
        CAPTURE(budget);
        const Reverse method{.memory_budget = budget};
        const CheckpointPlan plan = solver.plan(c, options, method, 1);
        const Vjp within = solver.vjp(c, w, options, method);
        check_close(within.dtheta, full.dtheta);
        CHECK(within.cost.tape_bytes <= budget);
        CHECK(within.cost.recomputed_steps == plan.recomputed_steps);
        const Index blocks = (steps + plan.block - 1) / plan.block;
        CHECK(plan.recomputed_steps ==
              (plan.checkpoints == 0 ? 0 : plan.block * detail::revolve_steps(blocks, plan.checkpoints)));
        CHECK(within.cost.gradients - full.cost.gradients >= plan.recomputed_steps);
        CHECK(within.cost.gradients - full.cost.gradients <=
              plan.recomputed_steps + 6);  // three are measured, and three at most are the certificate's
      }
      CHECK_THROWS_AS(solver.plan(c, options, {.memory_budget = least - 1}, 1), DomainError);
    }
  }
}

TEST_CASE("a run that a tolerance, or overflow, ends is reversed within the budget from where it ended") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  for (const Runner& solver : runners(c.spectrum)) {
    CAPTURE(solver.name);
    const SolveOptions options{.steps = 5000, .tolerance = 1e-4};
    const Vjp full = solver.vjp(c, w, options, {});
    REQUIRE(full.status == Status::converged);
    REQUIRE(full.steps < 4000);
    const std::size_t budget = full.cost.tape_bytes / 3;
    const Vjp within = solver.vjp(c, w, options, {.memory_budget = budget});
    CHECK(within.status == Status::converged);
    CHECK(within.steps == full.steps);
    CHECK(within.x == full.x);
    check_close(within.dtheta, full.dtheta);
    CHECK(within.cost.tape_bytes <= budget);
  }
  const Runner diverging = runner("diverging", GradientDescent{20});
  const Vjp full = diverging.vjp(c, w, {.steps = 1000}, {});
  REQUIRE(full.status == Status::non_finite);
  const Vjp within = diverging.vjp(c, w, {.steps = 1000}, {.memory_budget = full.cost.tape_bytes / 3});
  CHECK(within.status == Status::non_finite);
  CHECK(within.steps == full.steps);
  CHECK(within.x == full.x);
  CHECK(within.dtheta == full.dtheta);
}

TEST_CASE(
    "a memory that grows with the steps stays within the budget, by taking more steps again, or is refused") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  for (const Runner& solver : runners(c.spectrum))
    for (const double tolerance : {0.0, 1e-4})
      for (const Index steps : {10, 60}) {
        if (solver.name != "lbfgs" && solver.name != "anderson") continue;
        CAPTURE(solver.name);
        CAPTURE(tolerance);
        CAPTURE(steps);
        const SolveOptions options{.steps = steps, .tolerance = tolerance};
        const Vjp full = solver.vjp(c, w, options, {});
        int within = 0;
        for (const double share : {1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0}) {
          const auto budget = static_cast<std::size_t>(static_cast<double>(full.cost.tape_bytes) / share);
          try {
            const Vjp v = solver.vjp(c, w, options, {.memory_budget = budget});
            check_close(v.dtheta, full.dtheta);
            CHECK(v.cost.tape_bytes <= budget);
            ++within;
          } catch (const DomainError& refused) {
            CHECK(share >= 4);
            CHECK(std::string(refused.what()).starts_with("memory_budget: "));
          }
        }
        CHECK(within >= 4);
      }
}

TEST_CASE("a step that outgrows the budget is refused with what it needs, and not before") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  const Runner growing = runner("growing", test::Growing{0.1, 5});
  const std::size_t least = least_budget(growing, c, {.steps = 200}, w);
  CHECK_THROWS_WITH_AS(growing.vjp(c, w, {.steps = 200}, {.memory_budget = 3 * least}),
                       doctest::Contains("at step"), DomainError);
  CHECK(growing.vjp(c, w, {.steps = 200}, {.memory_budget = 30 * least}).cost.tape_bytes <= 30 * least);
}

TEST_CASE("an observer sees every step once, in order, however often it is taken") {
  const Case c = test::random_case();
  const Runner solver = runner("averaging", test::Averaging{0.5});
  for (const double tolerance : {0.0, 1e-12})
    for (const Reverse& method :
         {Reverse{}, Reverse{.memory_budget = 4000}, Reverse{.last_steps = 7},
          Reverse{.last_steps = automatic}, Reverse{.memory_budget = 3000, .last_steps = 30}}) {
      std::vector<Index> seen, expected;
      const auto observer = [&](Index t, const Vector&) { seen.push_back(t); };
      solver.vjp(c, Vector::Ones(6), {.steps = 40, .tolerance = tolerance, .observer = observer}, method);
      for (Index t = 0; t <= 40; ++t) expected.push_back(t);
      CHECK(seen == expected);
    }
}

/// Gradient descent that asks, at every step, how much memory is in use.
struct Watching {
  std::size_t* most;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    if (t % 128 == 0) *most = std::max(*most, in_use());
    return {s.x - 0.1 * f.gradient(s.x, theta)};
  }
  static std::size_t in_use() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }
};

TEST_CASE("the process grows by the budget, and little more") {
  const Case c = test::random_case(50, 1);
  const Vector w = Vector::Ones(50);
  std::size_t most = 0;
  const auto growth = [&](const Reverse& method) {
    const std::size_t before = most = Watching::in_use();
    vjp(*c.problem, Watching{&most}, c.start, c.theta, w, {.steps = 10000}, method);
    return most - before;
  };
  const std::size_t budget = std::size_t{3} << 18;
  growth({.memory_budget = budget});  // fills the memory that tapes keep
  CHECK(growth({.memory_budget = budget}) <= budget * 5 / 4);
  if (Watching::in_use() > 0) CHECK(growth({}) > 5 * budget);  // 0 where a sanitizer has replaced malloc
}

TEST_CASE("an exception from a step within a budget leaves everything usable") {
  const Case c = test::random_case();
  const Runner solver = runner("averaging", test::Averaging{0.5});
  const Reverse method{.memory_budget = 5000};
  const Vjp before = solver.vjp(c, Vector::Ones(6), {.steps = 50}, method);
  int calls = 0;
  const auto throwing = [&](Index t, const Vector&) {
    ++calls;
    if (t == 33) throw std::runtime_error("enough");
  };
  CHECK_THROWS_WITH_AS(solver.vjp(c, Vector::Ones(6), {.steps = 50, .observer = throwing}, method), "enough",
                       std::runtime_error);
  CHECK(calls == 34);  // steps 0 to 33
  CHECK(solver.vjp(c, Vector::Ones(6), {.steps = 50}, method).dtheta == before.dtheta);
}

TEST_CASE("a cotangent that has decayed to subnormal numbers is zero, not one that never ends") {
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) {
        using V = std::decay_t<decltype(x)>;
        return 0.5 * squared_norm(V(x - theta));
      },
      3, 3);
  const Vector w{{1.0, -2.0, 0.5}};
  const Vjp v = vjp(problem, GradientDescent{0.1}, Vector::Zero(3), Vector{{0.2, 0.4, -0.3}}, w,
                    {.steps = 20000}, Reverse{.memory_budget = 50000});
  CHECK(v.cost.recomputed_steps > 0);
  CHECK(v.dx0 == Vector::Zero(3));  // 0.9 times the least number is, rounded, itself
  CHECK((v.dtheta - w).norm() <= 1e-13);
}

/// A step whose derivative in row 1 is NaN at step 20.
struct NotANumber {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V next = s.x - 0.1 * f.gradient(s.x, theta);
    if (t != 20) return {next};
    const Vector second{{0.0, 1.0}};
    return {V(next + cwise_product(second, V(sqrt(V(square(V(s.x - value_of(s.x))))))))};
  }
};

TEST_CASE("a cotangent that is not a number is not taken for a small one") {
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) {
        using V = std::decay_t<decltype(x)>;
        return 0.5 * squared_norm(V(x - theta));
      },
      2, 2);
  const Vector theta{{0.2, 0.4}}, w = Vector::Unit(2, 1);
  const auto by = [&](std::size_t budget) {
    return vjp(problem, NotANumber{}, Vector::Zero(2), theta, w, {.steps = 60},
               Reverse{.memory_budget = budget})
        .dtheta;
  };
  CHECK(std::isnan(by(0)[1]));
  for (const std::size_t budget : {2000u, 4000u}) CHECK(std::isnan(by(budget)[1]));
}

}  // namespace
}  // namespace unroll
