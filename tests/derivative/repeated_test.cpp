#include "derivative/run/repeated.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <random>
#include <span>
#include <string>

#include "derivative/ways.hpp"
#include "support/texts.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/finite_sum.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/prepared_problem.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/stochastic_gradient.hpp"

// Steps that cannot be repeated are noticed where they are taken again, and named.
namespace unroll {
namespace {

/// Descends by h drawn anew in every call, which its copies share.
struct DrawnStep {
  std::shared_ptr<std::mt19937> engine = std::make_shared<std::mt19937>(1);
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const double h = (*engine)() % 2 == 0 ? 0.0 : 0.5;
    return {V(s.x - h * f.gradient(s.x, theta))};
  }
};
/// Steps that can be repeated but for one, whose x or whose second member counts the calls. The second
/// member is what the next step moves by.
struct OneCounts {
  template <class V>
  struct State {
    V x, next;
  };
  Index step_that_counts;
  bool in_x;
  std::shared_ptr<double> calls = std::make_shared<double>(0);
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * x0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const double count = t + 1 == step_that_counts ? ++*calls : 1;
    const V x = 0.5 * s.x + s.next;
    if (in_x) return {V(count * x), V(0.1 * theta)};
    return {x, V(0.1 * count * theta)};
  }
};
/// The same, h drawn from t: it can be repeated.
struct SeededStep {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const double h = std::mt19937(static_cast<unsigned>(t))() % 2 == 0 ? 0.0 : 0.5;
    return {V(s.x - h * f.gradient(s.x, theta))};
  }
};

const auto parabola = make_problem(
    [](const auto& x, const auto& theta) {
      using V = std::decay_t<decltype(x)>;
      return 0.5 * squared_norm(V(x - theta));
    },
    1, 1);

template <class S>
Vjp derivative(const S& solver, const Reverse& method) {
  return vjp(parabola, solver, Vector::Zero(1), Vector::Ones(1), Vector::Ones(1), {.steps = 40}, method);
}

std::string refusal_of(const Reverse& method) {
  return test::message_of<UnsupportedError>([&] { derivative(DrawnStep{}, method); });
}

}  // namespace

TEST_CASE("a step that draws other random numbers when it is taken again is refused by its number") {
  for (const Reverse& method : {Reverse{.memory_budget = 4000}, Reverse{.last_steps = automatic}}) {
    const std::string message = refusal_of(method);
    CAPTURE(message);
    CHECK(test::contains(message, "the run cannot be repeated: step "));
    CHECK(test::contains(message, "taken again"));
  }
  CHECK_NOTHROW(derivative(DrawnStep{}, {}));  // all steps are on one tape, and taken once
}

TEST_CASE("the very step that gives another iterate, or another member of the state, is named") {
  for (const bool in_x : {true, false})
    for (Index t = 2; t < 40; ++t)
      for (const std::size_t budget : {3000u, 6000u}) {
        CAPTURE(in_x);
        CAPTURE(t);
        CAPTURE(budget);
        const OneCounts solver{t, in_x};
        const Reverse method{.memory_budget = budget};
        const std::string message = test::message_of<UnsupportedError>([&] { derivative(solver, method); });
        CAPTURE(message);
        if (*solver.calls > 1)
          CHECK(test::contains(message, "step " + std::to_string(t) + ", taken again"));
        else
          CHECK(message.empty());
        if (t < 10) CHECK(*solver.calls > 1);
      }
}

/// As the second of OneCounts, in every step, beside a best value that is not there yet.
struct CountsBesideInfinity {
  template <class V>
  struct State {
    V x, next;
    double best;
  };
  std::shared_ptr<double> calls = std::make_shared<double>(0);
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * x0), std::numeric_limits<double>::infinity()};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + theta), V(double(++*calls) * theta), s.best};
  }
};

TEST_CASE("an infinity in the state hides nothing") {
  const auto problem = make_problem([](const auto& x, const auto&) { return 0.5 * squared_norm(x); }, 1, 1);
  CHECK_THROWS_AS(vjp(problem, CountsBesideInfinity{}, Vector{{1.0}}, Vector{{0.3}}, Vector{{1.0}},
                      {.steps = 400}, Reverse{.memory_budget = 20'000}),
                  UnsupportedError);
}

/// Another second member in every call, which x does not see at once.
struct CountsBeside {
  template <class V>
  struct State {
    V x, other;
  };
  std::shared_ptr<double> calls = std::make_shared<double>(0);
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + theta), V(double(++*calls) * theta)};
  }
};

TEST_CASE("methods of the last step, too, notice that its second member is another") {
  const auto problem = make_problem([](const auto& x, const auto&) { return 0.5 * squared_norm(x); }, 1, 1);
  for (const Method& method : {Method(OneStep{}), Method(Implicit{}), Method(Reverse{.at_end = true})})
    CHECK_THROWS_AS(jacobian(problem, CountsBeside{}, Vector{{1.0}}, Vector{{0.3}}, {.steps = 20}, method),
                    UnsupportedError);
}

/// x⁺ = x/2 + c, where c, made of θ by prepare, is drawn anew in every call.
struct DrawnPreparation {
  std::shared_ptr<std::mt19937> engine = std::make_shared<std::mt19937>(1);
  template <class V>
  V prepare(const V& theta) const {
    return std::uniform_real_distribution<double>(1, 2)(*engine) * theta;
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index, const V& c) const {
    return {V(0.5 * s.x + c)};
  }
};

TEST_CASE("what prepare, or the start, gives at random is refused where it is asked for again") {
  const Vector one = Vector::Ones(1);
  const auto derivatives = [&](const auto& solver, const Start& start, const Method& method) {
    return test::message_of<UnsupportedError>(
        [&] { vjp(parabola, solver, start, one, one, {.steps = 40}, method); });
  };
  const auto engine = std::make_shared<std::mt19937>(1);
  const Start drawn([engine]<class V>(const V& theta) -> V {
    return std::uniform_real_distribution<double>(1, 2)(*engine) * theta;
  });
  for (const Method& method : {Method(Reverse{}), Method(Reverse{.memory_budget = 4000})})
    CHECK(test::contains(derivatives(DrawnPreparation{}, one, method), "prepare: called again"));
  for (const Method& method : {Method(Reverse{}), Method(Reverse{.memory_budget = 4000}), Method(Forward{})})
    CHECK(test::contains(derivatives(SeededStep{}, drawn, method), "start: x0(theta), called again"));
}

/// Every entry of x, or with `rows` given only in the terms of a finite sum, is left out at random.
struct Dropout {
  std::shared_ptr<std::mt19937> engine = std::make_shared<std::mt19937>(1);
  template <class V>
  auto masked(const V& x, const V& theta) const {
    const Vector mask = Vector::NullaryExpr(8, [&](Index) { return (*engine)() % 2 == 0 ? 1.0 : 2.0; });
    return 0.5 * squared_norm(V(cwise_product(mask, x) - theta));
  }
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return masked(x, theta);
  }
  template <class V>
  auto operator()(const V& x, const V& theta, std::span<const Index>) const {
    return masked(x, theta);
  }
};
/// f(x, θ, π), π drawn anew.
struct DrawnBesideF : DrawnPreparation {
  template <class V>
  auto operator()(const V& x, const V&, const V& c) const {
    return 0.5 * squared_norm(V(x - c));
  }
};

TEST_CASE("an f that draws random numbers is refused by every method, of few steps, too") {
  const auto problem = make_problem(Dropout{}, 8, 8);
  const auto sum = make_finite_sum(Dropout{}, 8, 8, 20);
  const Vector theta = Vector::LinSpaced(8, 1, 2);
  const auto refusal = [&](const Problem& f, const auto& solver, const Method& method, Index steps) {
    return test::message_of<UnsupportedError>(
        [&] { vjp(f, solver, theta, theta, theta, {.steps = steps}, method); });
  };
  for (int attempt = 0; attempt < 3; ++attempt)
    CHECK(test::contains(refusal(problem, GradientDescent{0.1}, Reverse{}, 5), "gives another gradient"));
  for (const test::Way& way : test::ways({.last_steps = 20})) {
    CAPTURE(way.name);
    CHECK(test::contains(refusal(problem, GradientDescent{0.1}, way.method, 80), "gives another gradient"));
  }
  const StochasticGradient stochastic{0.1, {{0, 1}, {2, 3}}};
  CHECK(test::contains(refusal(sum, stochastic, Reverse{}, 5), "gives another gradient"));
  const auto prepared = make_problem(DrawnBesideF{}, 8, 8);
  CHECK(test::contains(refusal(prepared, GradientDescent{0.1}, Reverse{}, 5), "prepare: called again"));
}

/// ½ Σ a_i |x − a_i θ|², whose terms are added in another order in every call, as threads would.
struct AnyOrder {
  std::shared_ptr<Index> calls = std::make_shared<Index>(0);
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    scalar_t<V> sum(0.0);
    const Index first = 7 * (*calls)++;
    for (Index i = 0; i < 50; ++i) {
      const double a = 0.1 + std::abs(std::sin(1.7 * static_cast<double>((i + first) % 50)));
      sum += 0.5 * a * squared_norm(V(x - a * theta));
    }
    return sum;
  }
};

TEST_CASE("rounding that comes in another order is no randomness, at a minimum neither") {
  const auto problem = make_problem(AnyOrder{}, 2, 2);
  for (const Index steps : {5, 64, 600})
    CHECK_NOTHROW(vjp(problem, GradientDescent{0.02}, Vector::Zero(2), Vector{{1, -2}}, Vector::Ones(2),
                      {.steps = steps}, Reverse{}));
}

TEST_CASE("random numbers that follow from t are no obstacle") {
  const Vjp whole = derivative(SeededStep{}, {});
  const Vjp within = derivative(SeededStep{}, {.memory_budget = 4000});
  CHECK(within.cost.recomputed_steps > 0);
  CHECK(within.dtheta == whole.dtheta);
}

TEST_CASE("of a long run every so many steps are watched, and a difference is found in the next of them") {
  detail::RepeatedSteps repeated;
  const auto print = [](const Vector& x) {
    detail::StatePrint state;
    state.x.add(x.data(), x.size());
    state.others = state.x;
    return state;
  };
  const auto give = [&](Index t, double x, bool is_new) {
    if (repeated.watches(t)) repeated.check(t, print(Vector::Constant(1, x)), is_new);
  };
  for (Index t = 1; t <= 10000; ++t) give(t, static_cast<double>(t), true);
  for (Index t = 9000; t <= 10000; ++t) CHECK_NOTHROW(give(t, static_cast<double>(t), false));
  const std::string message = test::message_of<UnsupportedError>([&] {
    for (Index t = 9001; t <= 9004; ++t) give(t, -1, false);
  });
  CHECK(test::contains(message, "one of the steps 9001 to 9004"));
  const Vector a{{1, 2}}, exchanged{{2, 1}};
  detail::RepeatedSteps few;
  few.check(1, print(a), true);
  CHECK_NOTHROW(few.check(1, print(a * (1 + 1e-14)), false));
  CHECK_THROWS_AS(few.check(1, print(exchanged), false), UnsupportedError);
}

TEST_CASE("forward mode, too, notices that its second run is another") {
  const auto run =
      linearise(parabola, DrawnStep{}, Vector::Zero(1), Vector::Ones(1), {.steps = 41}, Forward{});
  const Matrix one = Matrix::Ones(1, 1);
  run->push(one);
  const auto again = [&] {
    for (int i = 0; i < 9; ++i) run->push(one);  // one draw of all may be the same by chance
  };
  CHECK(test::contains(test::message_of<UnsupportedError>(again), "step 41, taken again"));
}

}  // namespace unroll
