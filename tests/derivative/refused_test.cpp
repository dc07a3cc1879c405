// Last steps that are none: refused by the solver, or giving the state back; and damped ones, that are all of
// it.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "derivative/check_methods.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/least_squares.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gauss_newton.hpp"

namespace unroll::refused {
namespace {

const Index n = 5, p = 4;

/// Gradient steps that are refused wherever f would rise, and then taken half as long.
struct Careful {
  double first_step, longest = std::numeric_limits<double>::infinity();  // but for the first
  double slack = 0;                                                      // by which f may rise all the same
  template <class V>
  struct State {
    V x;
    double step_size;
    bool accepted;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, first_step, true};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V x = s.x - s.step_size * f.gradient(s.x, theta);
    const Oracle<Vector> plain = f.plain();
    const auto& th = value_of(theta);
    if (plain.value(value_of(x), th) > plain.value(value_of(s.x), th) + slack)
      return {s.x, 0.5 * s.step_size, false};
    return {x, std::min(1.1 * s.step_size, longest), true};
  }
};

struct NeverAccepting {
  template <class V>
  struct State {
    V x;
    bool accepted;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, true};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V&, Index) const {
    return {s.x, false};
  }
};

struct Guarded {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    if (value_of(g).norm() < 1e-9) return s;
    return {s.x - 0.5 * g};
  }
};

TEST_CASE("steps that were refused count neither for the tolerance nor as the last step") {
  const test::Case c = test::random_case(n, p);
  const Careful solver{40};  // refused six times at first
  const Matrix exact = c.quadratic()->minimiser_jacobian(c.theta);
  const Trajectory run = solve(*c.problem, solver, c.start.x, c.theta, {.steps = 600, .tolerance = 1e-13});
  CHECK(run.status == Status::converged);
  CHECK((run.x() - c.quadratic()->minimiser(c.theta)).norm() <= 1e-5);
  for (const Index steps : {8, 9, 10, 300, 301, 302, 303}) {
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, OneStep{});
    CHECK(d.dx.norm() > 1e-3);  // a refused step would give 0 or the identity
  }
  CHECK((jacobian(*c.problem, solver, c.start, c.theta, {.steps = 500}, Implicit{}).dx - exact).norm() <=
        1e-7 * exact.norm());
  const NoObjective map(n, p);  // of which nothing but a refused step says that it is no solution
  for (const Problem* problem : {c.problem.get(), static_cast<const Problem*>(&map)}) {
    const Trajectory none =
        solve(*problem, NeverAccepting{}, c.start.x, c.theta, {.steps = 7, .tolerance = 1e-3});
    CHECK(none.status == Status::none_accepted);
    CHECK(none.steps == 7);
    CHECK(none.message().find("7 steps: not one step was accepted") != std::string::npos);
  }
  for (const Method& method : {Method(OneStep{}), Method(Implicit{})})
    CHECK_THROWS_WITH_AS(jacobian(*c.problem, NeverAccepting{}, c.start, c.theta, {.steps = 7}, method),
                         doctest::Contains("none that was accepted and moved x is at hand of the 7 steps"),
                         UnsupportedError);
  CHECK(jacobian(*c.problem, NeverAccepting{}, c.start, c.theta, {.steps = 7}, Reverse{}).status ==
        Status::none_accepted);
}

TEST_CASE("steps that may be refused are differentiated by every method") {
  const test::Case c = test::random_case(n, p);
  test::check_methods(*c.problem, Careful{40}, c.start, c.theta, 7, {.contracts = false});  // one accepted
  test::check_methods(*c.problem, Careful{40, 0.9, 1e-9}, c.start, c.theta, 900, {.minimises = true});
}

/// x⁺ = x − (x − 2θ)/2, every third step being refused.
struct EveryThird {
  template <class V>
  struct State {
    V x;
    Index taken;
    bool accepted;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, 0, true};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    if (s.taken % 3 == 2) return {s.x, s.taken + 1, false};
    return {V(s.x - 0.5 * (s.x - 2.0 * theta)), s.taken + 1, true};
  }
};

TEST_CASE("refused steps count once where cotangents of states are summed") {
  const NoObjective none(1, 1);
  for (const std::size_t budget : {std::size_t{0}, std::size_t{20'000}})
    for (const Index steps : {60, 61, 62}) {  // the last, or the next, is refused, or neither
      CAPTURE(steps);
      CHECK(jacobian(none, EveryThird{}, Vector{{1.0}}, Vector{{0.3}}, {.steps = steps},
                     Reverse{.memory_budget = budget, .corrected = true})
                .dx(0, 0) == doctest::Approx(2));
    }
}

TEST_CASE("one step is the last that was accepted: −hM, with the h that was taken") {
  const test::Case c = test::random_case(n, p);
  const Careful solver{40};
  for (const Index steps : {7, 8, 9, 10, 11, 12, 13, 14, 15, 16}) {
    CAPTURE(steps);
    Careful::State<Vector> before{c.start.x, 40, true};
    double h = 0;  // of the last step that was accepted
    Vector from;
    run(Oracle<Vector>(*c.problem), solver, c.start.x, c.theta, {.steps = steps},
        [&](Index t, const Careful::State<Vector>& s) {
          if (t > 0 && s.accepted) {
            h = before.step_size;
            from = before.x;
          }
          before = s;
        });
    REQUIRE(h > 0);
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, OneStep{});
    const Matrix expected = -h * c.problem->mixed(from, c.theta);
    CHECK((d.dx - expected).norm() <= 1e-13 * expected.norm());
  }
}

TEST_CASE("a guard that gives the state back does not end in a singular equation") {
  const test::Case c = test::random_case(n, p);
  const Matrix exact = c.quadratic()->minimiser_jacobian(c.theta);
  const Derivative d = jacobian(*c.problem, Guarded{}, c.start, c.theta, {.steps = 2000}, Implicit{});
  CHECK((d.dx - exact).norm() <= 1e-7 * exact.norm());
  CHECK_THROWS_WITH_AS(jacobian(NoObjective(2, 1), NeverAccepting{}, Vector::Zero(2), Vector::Ones(1),
                                {.steps = 3}, Implicit{}),
                       doctest::Contains("is the identity"), UnsupportedError);
}

struct TwoResiduals {  // r = (x − θ, 2x − θ): x* = 3θ/5
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return concatenate(V(x - theta), V(2.0 * x - theta));
  }
};

TEST_CASE("one damped step of Gauss and Newton has the minimiser's derivative") {
  const auto problem = make_least_squares(TwoResiduals{}, 1, 1);
  for (const double damping : {0.0, 1.0, 10.0}) {
    const Derivative d =
        jacobian(problem, GaussNewton{damping}, Vector::Zero(1), Vector::Ones(1), {.steps = 200}, OneStep{});
    CHECK(d.dx(0, 0) == doctest::Approx(0.6).epsilon(1e-12));
    CHECK(d.x[0] == doctest::Approx(0.6).epsilon(1e-12));
  }
}

}  // namespace
}  // namespace unroll::refused
