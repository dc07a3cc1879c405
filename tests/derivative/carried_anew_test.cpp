// Arrays that no step changes, and that are told by what the steps do: made anew by each, behind a list that
// grows; and blocks that steps make in turn, which are not such.
#include <doctest/doctest.h>

#include <vector>

#include "derivative/cases.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll::carried_anew {
namespace {

const Index n = 5, p = 4;

/// x⁺ = tanh(Ax + c), where every step makes c = Bθ of the first anew: as a sum with zero, beside another
/// array, within x, behind a scalar.
enum class Anew { sum, beside, within_x, in_list };
template <Anew how>
struct MadeAnew {
  Matrix A, B;
  template <class V>
  struct State {
    V x, other;
    scalar_t<V> scale;
    std::vector<V> list;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector::Zero(how == Anew::beside ? 2 * n : n)), scalar_t<V>(1.0), {V(Vector::Zero(n))}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const Index m = how == Anew::within_x ? s.x.size() - n : n;
    const V y = head(s.x, m);
    V c = V(Vector::Zero(n));
    if constexpr (how == Anew::within_x)
      c = tail(s.x, n);
    else if constexpr (how == Anew::in_list)
      c = s.list[0];
    else
      c = tail(s.other, n);
    if (t == 0) c = V(B * theta);
    const V moved = tanh(V(A * y + s.scale * c));
    State<V> next = s;
    next.scale = 1.0 * s.scale;
    if constexpr (how == Anew::sum) next.other = V(c + 0.0 * y);
    if constexpr (how == Anew::beside) next.other = concatenate(moved, c);
    if constexpr (how == Anew::in_list) next.list = {V(1.0 * c)};
    next.x = how == Anew::within_x ? V(concatenate(moved, c)) : moved;
    return next;
  }
};

template <Anew how>
void check_made_anew(const std::vector<Method>& methods) {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const Vector theta = random.vector(p), w = Vector::LinSpaced(n, 1, 2);
  const Index size = how == Anew::within_x ? 2 * n : n;
  const NoObjective none(size, p);
  const MadeAnew<how> solver{A, B};
  Vector of_x = Vector::Zero(size);
  of_x.head(n) = w;
  const Vector exact = vjp(none, solver, Vector::Zero(size), theta, of_x, {.steps = 90}, Forward{}).dtheta;
  for (std::size_t i = 0; i < methods.size(); ++i) {
    CAPTURE(i);
    const Vjp d = vjp(none, solver, Vector::Zero(size), theta, of_x, {.steps = 90}, methods[i]);
    CHECK((d.dtheta - exact).norm() <= 1e-9 * exact.norm());
  }
}

TEST_CASE("an array that every step makes anew and leaves as it is is carried, too") {
  const std::vector<Method> truncated{Reverse{.last_steps = 60}, Reverse{.last_steps = automatic},
                                      Reverse{.memory_budget = 8000, .last_steps = 60}, Reverse{}};
  check_made_anew<Anew::within_x>(truncated);
  std::vector<Method> all = truncated;
  all.push_back(Implicit{});
  all.push_back(Reverse{.corrected = true});
  check_made_anew<Anew::sum>(all);
  check_made_anew<Anew::beside>(all);
  check_made_anew<Anew::in_list>(all);

  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const Vector theta = random.vector(p);
  const Derivative one = jacobian(NoObjective(n, p), MadeAnew<Anew::sum>{A, B}, Vector::Zero(n), theta,
                                  {.steps = 40}, OneStep{});
  const Vector slope = 1 - one.x.array().square();
  CHECK((one.dx - slope.asDiagonal() * B).norm() <= 1e-13);
}

/// The same, with a list before c that is full after some steps and then drops its first, and a scalar.
struct BehindAList {
  Matrix A, B;
  std::size_t most;
  template <class V>
  struct State {
    V x;
    std::vector<V> memory;
    V c;
    scalar_t<V> scale;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, {}, V(Vector::Zero(n)), scalar_t<V>(0.0)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    State<V> next = s;
    if (t == 0) next.c = V(B * theta);
    if (t == 0) next.scale = 1.0 / (1.0 + theta[0] * theta[0]);
    if (next.memory.size() == most) next.memory.erase(next.memory.begin());
    next.memory.push_back(s.x);
    next.x = tanh(V(A * s.x + 0.01 * next.memory.front() + next.scale * next.c));
    return next;
  }
};

/// The blocks of x in turn: the one, then the other is made, and what is not is passed on.
struct Turns {
  Matrix B;
  template <class V>
  struct State {
    V first, second;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {head(x0, n), tail(x0, n)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    if (t % 2 == 0) return {V(0.98 * s.second + B * theta), s.second};
    return {s.first, V(0.98 * s.first + B * theta)};
  }
};

TEST_CASE("what is carried is known by its member, wherever a list that grew has moved it") {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const Vector theta = random.vector(p);
  const NoObjective none(n, p);
  const BehindAList solver{A, B, 5};
  const auto by = [&](const Method& method) {
    return jacobian(none, solver, Vector::Zero(n), theta, {.steps = 90}, method);
  };
  const Matrix exact = by(Reverse{}).dx;
  for (const Method& method : {Method(Reverse{.last_steps = 60}), Method(Reverse{.last_steps = automatic}),
                               Method(Reverse{.memory_budget = 20000, .last_steps = 61}), Method(Implicit{})})
    CHECK((by(method).dx - exact).norm() <= 1e-9 * exact.norm());
  for (const Method& method :
       {Method(Implicit{.certify = Certify::always}), Method(Reverse{.certify = Certify::always})})
    CHECK(by(method).certificate.verdict == Verdict::unknown);  // of x's part of the state alone
}

/// x = (y, c): y⁺ = tanh(Ay + c), c⁺ = c, made of θ by the first step.
struct WithinIterate {
  Matrix A, B;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const Index half = A.rows();
    const V y = head(s.x, half), c = t == 0 ? V(B * theta) : V(tail(s.x, half));
    return {V(concatenate(V(tanh(V(A * y + c))), c))};
  }
};

TEST_CASE("what the iterate itself carries of theta is refused, not left out") {
  test::Random random(7);
  const Matrix A = 0.3 * random.matrix(n, n), B = random.matrix(n, p);
  const Vector theta = random.vector(p);
  const NoObjective none(2 * n, p);
  const auto by = [&](const Method& method) {
    return jacobian(none, WithinIterate{A, B}, Vector::Zero(2 * n), theta, {.steps = 200}, method);
  };
  REQUIRE(by(Reverse{}).dx.norm() > 0.1);
  for (const Method& method : {Method(Implicit{.linear_solver = LinearSolver::gmres}), Method(Implicit{}),
                               Method(Reverse{.corrected = true}), Method(Reverse{.at_end = true})})
    CHECK_THROWS_WITH_AS(by(method), doctest::Contains("a member beside x"), UnsupportedError);
}

TEST_CASE("steps that take turns carry nothing, though each passes on what the other made") {
  test::Random random(7);
  const Matrix B = random.matrix(n, p);
  const Vector theta = random.vector(p), x = B * theta / 0.02, w = Vector::LinSpaced(2 * n, 1, 2);
  Vector rest(2 * n);
  rest << x, x;
  const NoObjective none(2 * n, p);
  for (const Vector& start : {rest, Vector(Vector::Zero(2 * n))}) {
    const auto by = [&](const Reverse& method) {
      return vjp(none, Turns{B}, start, theta, w, {.steps = 1000}, method).dtheta;
    };
    const Vector exact = by({});
    CHECK((by({.last_steps = automatic}) - exact).norm() <= 1e-6 * exact.norm());
    CHECK((by({.memory_budget = 20000, .last_steps = automatic}) - exact).norm() <= 1e-6 * exact.norm());
    CHECK((by({.last_steps = 900}) - exact).norm() <= 1e-3 * exact.norm());
  }
}

}  // namespace
}  // namespace unroll::carried_anew
