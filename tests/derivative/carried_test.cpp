// What the first step, or init, put into the state and no step changes: anchors, constants made of θ.
#include "derivative/check_methods.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll::carried {
namespace {

using test::check_methods;

const Index n = 5, p = 4;

/// x⁺ = tanh(Ax + c), where c = Bθ is made in the first step and carried: before or behind x.
struct CarriedLast {
  Matrix A, B;
  template <class V>
  struct State {
    V x, c;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(n))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const V c = t == 0 ? V(B * theta) : s.c;
    return {tanh(V(A * s.x + c)), c};
  }
};

/// Anchored at x_0 (Halpern): x⁺ = ½ tanh(Ax + Bθ) + ½ x_0, the anchor and a scalar of θ carried by the
/// state.
struct Anchored {
  Matrix A, B;
  template <class V>
  struct State {
    V x, anchor;
    scalar_t<V> scale;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, scalar_t<V>(0.0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const scalar_t<V> scale = t == 0 ? scalar_t<V>(1.0 / (1.0 + theta[0] * theta[0])) : s.scale;
    return {scale * tanh(V(A * s.x + B * theta)) + 0.5 * s.anchor, s.anchor, scale};
  }
};

struct MadeLater {
  Matrix A, B;
  template <class V>
  CarriedLast::State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(n))};
  }
  template <class V>
  CarriedLast::State<V> step(const Oracle<V>&, const CarriedLast::State<V>& s, const V& theta,
                             Index t) const {
    const V c = t == 5 ? V(B * theta) : s.c;
    return {tanh(V(A * s.x + c)), c};
  }
};

struct Direct {
  Matrix A, B;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {tanh(V(A * s.x + B * theta))};
  }
};

TEST_CASE("what the first step or init left in the state is not cut, and what it cannot follow is an error") {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const Vector theta = random.vector(p);
  const NoObjective none(n, p);
  check_methods(none, CarriedLast{A, B}, Vector::Zero(n), theta, 90);
  const Start start([](const auto& th) { return concatenate(th, head(th, 1)); });
  check_methods(none, Anchored{A, B}, start, theta, 90);
  // The derivative in x_0 is that of the anchor, when all else has contracted.
  const Vector w = Vector::LinSpaced(n, 1, 2);
  const auto by = [&](const Method& method) {
    return vjp(none, Anchored{A, B}, start, theta, w, {.steps = 90}, method).dx0;
  };
  CHECK(by(Reverse{}).norm() > 0.1);
  CHECK((by(Reverse{.last_steps = 60}) - by(Reverse{})).norm() <= 1e-9);

  for (const Method& method : {Method(Reverse{.last_steps = 30}), Method(OneStep{}), Method(Implicit{})})
    CHECK_THROWS_WITH_AS(jacobian(none, MadeLater{A, B}, Vector::Zero(n), theta, {.steps = 90}, method),
                         doctest::Contains("make it in the first step or in prepare"), UnsupportedError);
}

TEST_CASE(
    "one step of a map that carries theta in its state is that of the same map with theta in the step") {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const NoObjective none(n, p);
  const Vector theta = random.vector(p);
  const auto by = [&](const auto& solver) {
    return jacobian(none, solver, Vector::Zero(n), theta, {.steps = 40}, OneStep{}).dx;
  };
  CHECK((by(CarriedLast{A, B}) - by(Direct{A, B})).norm() <= 1e-13);
  CHECK(by(Direct{A, B}).norm() > 0.1);
}

/// x⁺ = x/2 + c, c = 2θ made by the first step, with a memory to which every step adds x.
struct Remembering {
  template <class V>
  struct State {
    V x, carried;
    std::vector<V> memory;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(x0.size())), {}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    State<V> next = s;
    if (t == 0) next.carried = V(2.0 * theta);
    next.memory.push_back(s.x);
    next.x = V(0.5 * s.x + next.carried);
    return next;
  }
};

TEST_CASE("what the first step made of theta is not cut from a state that grows") {
  const auto pulled = [](const Reverse& method) {
    return vjp(NoObjective(1, 1), Remembering{}, Vector::Zero(1), Vector::Ones(1), Vector::Ones(1),
               {.steps = 12}, method)
        .dtheta[0];
  };
  for (const std::size_t budget : {std::size_t{0}, std::size_t{4000}}) {
    CAPTURE(budget);
    CHECK(pulled({.memory_budget = budget, .last_steps = 1}) == 2.0);
    CHECK(pulled({.memory_budget = budget, .last_steps = 3}) == 3.5);
    CHECK(pulled({.memory_budget = budget, .last_steps = 12}) == 4 * (1 - std::pow(0.5, 12)));
  }
}

/// x⁺ = x/2 + the last of what is remembered; the second step remembers 1 + 3(x − its value), where the
/// scalar x_0 of the state, 1 too, stood after the first.
struct BesideAScalar {
  template <class V>
  struct State {
    V x;
    scalar_t<V> s;
    std::vector<V> memory;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, scalar_t<V>(x0[0]), {}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index t) const {
    State<V> next = s;
    const V one = 1.0 + 3.0 * (s.x - V(Vector(value_of(s.x))));
    if (t < 2) next.memory.push_back(one);
    next.x = 0.5 * s.x + 0.1 * next.memory.back();
    return next;
  }
};

TEST_CASE("what a list grew by does not stand for the scalar behind it") {
  const NoObjective none(1, 1);
  const auto by = [&](const Method& method) {
    return vjp(none, BesideAScalar{}, Vector{{1.0}}, Vector{{0.2}}, Vector{{1.0}}, {.steps = 30}, method).dx0;
  };
  CHECK(by(Reverse{})[0] > 0.1);  // through what is remembered, and what remembers x_0
  CHECK(by(Reverse{.last_steps = automatic}) == by(Reverse{}));
  for (const Method& method : {Method(Reverse{.last_steps = 20}), Method(OneStep{}), Method(Implicit{})})
    CHECK_THROWS_WITH_AS(by(method), doctest::Contains("changed or added an array"), UnsupportedError);
}

/// x⁺ = tanh(x)/2 + sin(what is remembered), θ, which step `at` puts into a list, and another every `every`
/// steps; every `log` steps x goes into another list.
struct RemembersLater {
  Index at, every = 0, log = 0;
  template <class V>
  struct State {
    V x;
    std::vector<V> memory, past;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, {}, {}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    State<V> next = s;
    if (t == at || (every > 0 && t % every == 0)) next.memory.push_back(theta);
    if (log > 0 && t % log == 0) next.past.push_back(s.x);
    next.x = 0.5 * V(tanh(s.x));
    if (!next.memory.empty()) next.x = next.x + V(sin(next.memory.front()));
    return next;
  }
};

TEST_CASE("what a later step put into a list is not cut unless the list still grows") {
  const NoObjective none(2, 2);
  const auto by = [&](const RemembersLater& solver, const Method& method) {
    return jacobian(none, solver, Vector{{0.2, 0.1}}, Vector{{0.4, 0.7}}, {.steps = 60}, method).dx;
  };
  for (const Index at : {1, 3, 20}) {
    CAPTURE(at);
    CHECK(by({at}, Reverse{})(0, 0) > 0.5);
    for (const Method& method : {Method(Reverse{.last_steps = 30}), Method(OneStep{}),
                                 Method(Reverse{.memory_budget = 9000, .last_steps = 30})})
      for (const Index log : {0, 1})
        CHECK_THROWS_WITH_AS(by({at, 0, log}, method), doctest::Contains("changed or added an array"),
                             UnsupportedError);
  }
  CHECK((by({0}, Reverse{.last_steps = 30}) - by({0}, Reverse{})).norm() <= 1e-8);
  CHECK(by({1, 7}, Reverse{.last_steps = 30}).allFinite());
}

}  // namespace
}  // namespace unroll::carried
