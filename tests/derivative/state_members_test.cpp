// What a state may hold beside its arrays: lists within lists, numbers, a user's own objects; and steps whose
// frozen one is of another length.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "support/texts.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/one_step.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll::state_members {
namespace {

constexpr Index n = 3, steps = 60;
const NoObjective none(n, n);
const Vector x0 = Vector::Constant(n, 0.2), theta = Vector::LinSpaced(n, 0.3, 0.9);

template <class S>
Matrix by(const S& solver, const Method& method) {
  return jacobian(none, solver, x0, theta, {.steps = steps}, method).dx;
}

/// Makes of θ two arrays, once, and keeps them in lists, of which the first is the longer.
struct Nested {
  template <class V>
  struct State {
    V x;
    std::vector<std::vector<V>> lists;  // {θ², the last x}, {sin θ}
  };
  template <class V>
  State<V> init(const V& x) const {
    return {x, {{x, x}, {x}}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index t) const {
    const V squares = t == 0 ? V(square(parameters)) : s.lists[0][0],
            sines = t == 0 ? V(sin(parameters)) : s.lists[1][0];
    const V x = 0.25 * V(tanh(V(s.x + s.lists[0][1]))) + 0.5 * V(sines * 1.0) + 0.1 * squares;
    return {x, {{squares, s.x}, {sines}}};
  }
};

/// Plain numbers of every kind, which grow and count.
struct Mixed {
  struct Log {
    int calls;
    Vector last;
  };
  template <class V>
  struct State {
    V x;
    std::vector<double> sizes;
    std::vector<int> marks;
    std::vector<bool> odd;
    Eigen::VectorXi turns;
    Eigen::MatrixXf coarse;
    Log log;
  };
  template <class V>
  State<V> init(const V& x) const {
    return {x, {0.5}, {1}, {false}, Eigen::VectorXi::Ones(2), Eigen::MatrixXf::Ones(1, 2), {0, value_of(x)}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index t) const {
    State<V> next = s;
    next.sizes.push_back(0.9 + std::pow(0.5, s.log.calls + s.turns[0]));
    next.marks.push_back(static_cast<int>(t));
    next.odd.push_back(t % 2 == 1);
    next.turns[0] += 1;
    next.log = {s.log.calls + 1, value_of(s.x)};
    next.x = s.x + next.sizes.back() * V(V(sin(parameters)) + 0.5 * V(tanh(s.x)) - s.x);
    return next;
  }
};

/// Every method, on a run that has converged.
template <class S>
void check_methods(const S& solver) {
  const Matrix exact = by(solver, Reverse{});
  CHECK((by(solver, Forward{}) - exact).norm() <= 1e-13);
  for (const Method& method : {Method(Reverse{.memory_budget = 20000}), Method(Reverse{.last_steps = 45}),
                               Method(Reverse{.corrected = true}), Method(Implicit{})})
    CHECK((by(solver, method) - exact).norm() <= 1e-9 * exact.norm());
}

TEST_CASE("what the first step makes of theta is followed in lists within lists") { check_methods(Nested{}); }

TEST_CASE("numbers, matrices of other scalars and objects of one's own go through every method") {
  check_methods(Mixed{});
}

/// Two lists that hand an array to and fro.
struct HandedOver {
  template <class V>
  struct State {
    V x;
    std::vector<V> left, right;
  };
  template <class V>
  State<V> init(const V& x) const {
    return {x, {x, x}, {x}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    State<V> next = s;
    next.x = 0.5 * V(tanh(s.x)) + sin(parameters);
    auto &from = s.left.size() > 1 ? next.left : next.right, &to = s.left.size() > 1 ? next.right : next.left;
    from.pop_back();
    to.push_back(0.5 * next.x);
    return next;
  }
};

TEST_CASE("cotangents of lists that change their length have no sum, though as many arrays stay") {
  const std::string message =
      test::message_of<UnsupportedError>([] { by(HandedOver{}, Reverse{.corrected = true}); });
  CHECK(test::contains(message, "a list of the state, its member 2, is of length 1, not 2 as at the start"));
}

/// Two arrays, made by the first step, of which one goes from the first list of a member to the second and
/// back.
struct Regrouped {
  template <class V>
  struct State {
    V x;
    std::vector<std::vector<V>> lists;
  };
  template <class V>
  State<V> init(const V& x) const {
    return {x, {{x, x}, {x}}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    const V x = 0.5 * V(tanh(s.x)) + sin(parameters);
    const V a = 0.5 * x, b = 0.25 * x, c = 0.1 * x;
    if (s.lists[0].size() == 2) return {x, {{a}, {b, c}}};
    return {x, {{a, b}, {c}}};
  }
};

/// Arrays that exchange their shapes in every step.
struct Exchanged {
  template <class V>
  struct State {
    V x;
    std::vector<V> pair;
  };
  template <class V>
  State<V> init(const V& x) const {
    return {x, {x, V(segment(x, 0, 2))}};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    const V x = 0.5 * V(tanh(s.x)) + sin(parameters);
    const V whole = 0.5 * x, part = segment(x, 0, 2);
    if (s.pair[0].size() == n) return {x, {part, whole}};
    return {x, {whole, part}};
  }
};

TEST_CASE("an array that goes to another list within a member, or another shape, is no fixed point's") {
  const auto message = [](const auto& solver, const Method& method) {
    return test::message_of<UnsupportedError>([&] { by(solver, method); });
  };
  const std::string moved = "array 2 of the state's member 2 is in list ",
                    shaped = "array 1 of the state's member 2 is ";
  CHECK(test::contains(message(Regrouped{}, Reverse{.corrected = true}), moved + "2, not 1 as at the start"));
  CHECK(test::contains(message(Exchanged{}, Reverse{.corrected = true}), shaped + "2x1, not 3x1 as at the"));
  CHECK(test::contains(message(Regrouped{}, Reverse{.at_end = true}), moved));
  CHECK(test::contains(message(Exchanged{}, Reverse{.at_end = true}), shaped));
  CHECK(test::contains(message(Regrouped{}, Implicit{}), moved));
  CHECK(test::contains(message(Exchanged{}, Implicit{}), "as before the last step: the state has no fixed"));
  CHECK((by(Regrouped{}, Reverse{}) - by(Regrouped{}, Forward{})).norm() <= 1e-13);
  CHECK((by(Exchanged{}, Reverse{}) - by(Exchanged{}, Forward{})).norm() <= 1e-13);
}

/// A step of any length of the same fixed point; the frozen one is of `frozen`.
struct OfAnyLength {
  double length, frozen;
  static constexpr Equation equation = Equation::fixed_point;
  template <class V>
  State<V> take(const V& x, const V& parameters, double by) const {
    return {x + by * V(V(sin(parameters)) + 0.5 * V(tanh(x)) - x)};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    return take(s.x, parameters, length);
  }
  template <class V>
  State<V> frozen_step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    return take(s.x, parameters, frozen);
  }
};

TEST_CASE("a frozen step of another length corrects no sum of the steps that were taken") {
  const Matrix exact = by(OfAnyLength{1, 1}, Implicit{});
  const Vector w = Vector::LinSpaced(n, 1, 2);
  for (const double frozen : {1.0, 0.6, 1.2, 1e-3}) {
    const OfAnyLength solver{0.8, frozen};
    CHECK((by(solver, Reverse{.corrected = true}) - exact).norm() <= 1e-9 * exact.norm());
    if (frozen > 0.5) CHECK((by(solver, Reverse{.at_end = true}) - exact).norm() <= 1e-9 * exact.norm());
    CHECK((by(solver, Implicit{}) - exact).norm() <= 1e-9 * exact.norm());
    const Vjp v = vjp(none, solver, x0, theta, w, {.steps = steps},
                      Reverse{.corrected = true, .certify = Certify::always});
    CHECK((v.dtheta - exact.transpose() * w).norm() <= 1e-9 * v.dtheta.norm());
    CHECK(v.certificate.verdict == Verdict::good);
  }
}

/// Passes what it made of θ from one member to the other, and back.
struct Permuted {
  template <class V>
  struct State {
    V x, a, b;
  };
  template <class V>
  State<V> init(const V& x) const {
    return {x, x, x};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index t) const {
    if (t == 0) return {s.x, V(sin(parameters)), V(cos(parameters))};
    return {0.5 * V(tanh(s.x)) + 0.3 * V(s.a + s.b), s.b, s.a};
  }
};

TEST_CASE("of a map that does not contract no residual is a bound") {
  for (const Method& method : {Method(Reverse{.corrected = true, .certify = Certify::always}),
                               Method(Reverse{.certify = Certify::always})}) {
    const Vjp v = vjp(none, Permuted{}, x0, theta, Vector::Ones(n), {.steps = steps}, method);
    CHECK(v.certificate.verdict != Verdict::good);
    CHECK(!v.certificate.bound);
  }
}

/// What the first step makes of theta changes its sign with every other one, and x sees its square.
struct ChangesSign {
  template <class V>
  struct State {
    V x, a;
  };
  template <class V>
  State<V> init(const V& start) const {
    return {start, start};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index t) const {
    const V a = t == 0 ? V(sin(parameters)) : V(-1.0 * s.a);
    return {0.5 * V(tanh(s.x)) + V(square(a)), a};
  }
};

TEST_CASE("where x rests and a member that it depends on does not, that is no fixed point, and is said") {
  const auto by = [&](const Method& method) {
    return vjp(none, ChangesSign{}, x0, theta, Vector::Ones(n), {.steps = 60}, method);
  };
  CHECK(by(Reverse{}).dtheta.norm() > 0.1);
  for (const Method& method : {Method(Implicit{}), Method(Implicit{.certify = Certify::always})}) {
    const Vjp v = by(method);
    CHECK(v.dtheta == Vector::Zero(theta.size()));
    CHECK(v.certificate.verdict == Verdict::other_equation);
  }
  const auto whole = jacobian(none, ChangesSign{}, x0, theta, {.steps = 60}, Implicit{});
  CHECK(whole.certificate.verdict == Verdict::other_equation);
}

/// A sum of what x made, which nothing brings to rest.
struct Accumulates {
  template <class V>
  struct State {
    V x, sum;
  };
  template <class V>
  State<V> init(const V& start) const {
    return {start, start};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& parameters, Index) const {
    const V x = 0.5 * V(tanh(s.x)) + V(sin(parameters));
    return {x, s.sum + x};
  }
};

TEST_CASE("a member that steps only add to is named where the fixed point's equation is singular for it") {
  const std::string entries = fmt::format("steps add to entries {} to {} of the state", n, 2 * n - 1);
  CHECK_THROWS_WITH_AS(jacobian(none, Accumulates{}, x0, theta, {.steps = 60}, Implicit{}),
                       doctest::Contains(entries.c_str()), NumericalError);
}

}  // namespace
}  // namespace unroll::state_members
