// Derivatives that are not finite: of slopes that are infinite, of runs that diverge, of outer losses.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/texts.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/minimise_outer.hpp"
#include "unroll/derivative/second_order.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll::non_finite_derivative {
namespace {

/// ½‖x − θ‖².
struct Nearest {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - theta));
  }
};
/// x⁺ = x/2 + g(θ)², of which the derivative is 2g g′ = 0·∞ where g is 0 and g′ infinite.
template <bool of_root>
struct SteepSquare {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + V(square(V(of_root ? V(sqrt(theta)) : V(acos(theta))))))};
  }
};
/// x⁺ = c x + tanh x + θ, which no run comes to rest at.
struct Diverging {
  double c;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(c * s.x + V(tanh(s.x)) + theta)};
  }
};
TEST_CASE("a derivative 0·∞ is not certified") {
  const NoObjective none(1, 1);
  const std::vector<Method> methods{Reverse{}, Forward{}, OneStep{}, Reverse{.at_end = true}};
  for (std::size_t i = 0; i < methods.size(); ++i) {
    CAPTURE(i);
    const auto verdict = [&](const auto& solver, double theta) {
      return jacobian(none, solver, Vector{{1.0}}, Vector{{theta}}, {.steps = 200}, methods[i])
          .certificate.verdict;
    };
    CHECK(verdict(SteepSquare<true>{}, 0) == Verdict::unknown);
    CHECK(verdict(SteepSquare<false>{}, 1) == Verdict::unknown);
  }
}

/// x⁺ = x/2 + √θ/2 or acos(θ)/2, steep at 0 and at 1.
template <bool of_root>
struct Steep {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + 0.5 * (of_root ? V(sqrt(theta)) : V(acos(theta))))};
  }
};
TEST_CASE("the status says that a derivative is not finite, and the record where that began") {
  const NoObjective none(1, 1);
  const std::vector<Method> methods{Reverse{}, Forward{}, OneStep{}, Reverse{.at_end = true},
                                    Reverse{.memory_budget = 4000}};
  const SolveOptions options{.steps = 200};
  for (std::size_t i = 0; i < methods.size(); ++i) {
    CAPTURE(i);
    const auto check = [&](const auto& solver, const Vector& theta, const std::string& operation) {
      const Derivative d = jacobian(none, solver, Vector{{1.0}}, theta, options, methods[i]);
      CHECK(d.certificate.verdict == Verdict::unknown);
      const Vjp v = vjp(none, solver, Vector{{1.0}}, theta, Vector{{1.0}}, options, methods[i]);
      for (const RunRecord& record : std::vector<RunRecord>{d, v}) {
        CHECK(record.status == Status::non_finite_derivative);
        CHECK(record.steps == 200);
        CAPTURE(record.origin);
        CHECK(test::contains(record.origin, "step 200, backwards"));
        CHECK(test::contains(record.origin, operation));
      }
    };
    check(Steep<true>{}, Vector{{0.0}}, "sqrt");
    check(Steep<false>{}, Vector{{1.0}}, "acos");
  }
  const Jvp j = jvp(none, Steep<true>{}, Vector{{1.0}}, Vector{{0.0}}, Vector{{1.0}}, options);
  CHECK(j.status == Status::non_finite_derivative);
  const History h = jacobian_history(none, Steep<true>{}, Vector{{1.0}}, Vector{{0.0}}, options, Forward{});
  CHECK(h.status == Status::non_finite_derivative);
  const Derivative fine = jacobian(none, Steep<true>{}, Vector{{1.0}}, Vector{{0.25}}, options, Reverse{});
  CHECK(fine.status == Status::step_limit);
  CHECK(fine.origin.empty());
}

TEST_CASE("an outer loss whose own derivative is not finite is no success either") {
  const auto problem = make_problem(Nearest{}, 1, 1);
  const auto outer = [](const auto& x, const auto& theta) { return x[0] + sqrt(theta[0]); };
  const Hypergradient h =
      hypergradient(outer, problem, GradientDescent{0.5}, Vector{{1.0}}, Vector{{0.0}}, {.steps = 10});
  CHECK(h.status == Status::non_finite_derivative);
  CHECK(test::contains(h.origin, "outer loss"));
}

TEST_CASE("where a run diverged nothing is certified, nor said to rest") {
  const NoObjective none(1, 1);
  for (const double c : {3.0, -3.0}) {
    CAPTURE(c);
    const Derivative d = jacobian(none, Diverging{c}, Vector{{1.0}}, Vector{{0.01}}, {.steps = 5000},
                                  Implicit{.certify = Certify::always});
    CHECK(d.status == Status::non_finite);
    CHECK(d.certificate.verdict == Verdict::unknown);
  }
}

TEST_CASE("the outer search steps back from where its gradient is not finite") {
  const auto problem = make_problem(Nearest{}, 1, 1);
  // The first trial is θ = 0, where F is lower and √ is steep.
  const auto outer = [](const auto& x, const auto& theta) {
    return square(x[0] - 0.1) + 1e-6 * sqrt(theta[0]);
  };
  const OuterResult found =
      minimise_outer(outer, problem, GradientDescent{1}, Vector{{0.0}}, Vector{{1.5}}, {.steps = 3},
                     {.first_step = 3, .project = [](const Vector& t) { return Vector(t.cwiseMax(0.0)); }});
  CHECK(found.status == OuterStatus::converged);
  CHECK(found.theta[0] == doctest::Approx(0.1).epsilon(1e-4));
}

struct Beside {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(0.5 * s.x + 0.5 * concatenate(sqrt(head(theta, 1)), tail(theta, 1)))};
  }
};

TEST_CASE("a tangent that does not move what is steep gets a number") {
  const Vector at{{0.0, 0.3}}, along{{0.0, 1.0}}, x0{{1.0, 1.0}};
  for (const Method& method : {Method(Reverse{}), Method(Forward{}), Method(OneStep{})}) {
    const Jvp j = jvp(NoObjective(2, 2), Beside{}, x0, at, along, {.steps = 60}, method);
    CHECK(j.dx.allFinite());
    CHECK(j.dx[0] == 0);
    CHECK(j.dx[1] > 0.4);
  }
}

TEST_CASE("an outer loss with an infinite slope in x is a status, of a search a step back") {
  const auto problem = make_problem(Nearest{}, 1, 1);
  const auto outer = [](const auto& x, const auto&) { return square(x[0] - 0.1) + 1e-6 * sqrt(x[0]); };
  const Hypergradient h =
      hypergradient(outer, problem, GradientDescent{1}, Vector{{0.0}}, Vector{{0.0}}, {.steps = 3});
  CHECK(h.status == Status::non_finite_derivative);
  CHECK(h.origin == "the outer loss, differentiated in x");
  const Hypergradient certified =
      hypergradient(outer, problem, GradientDescent{1}, Vector{{0.0}}, Vector{{0.0}}, {.steps = 3},
                    Reverse{.certify = Certify::always});
  CHECK(certified.certificate.verdict == Verdict::unknown);
  CHECK(!certified.certificate.bound);
  CHECK(!certified.value_error);
  CHECK(std::isnan(h.dtheta[0]));
  const OuterResult found =
      minimise_outer(outer, problem, GradientDescent{1}, Vector{{0.0}}, Vector{{1.5}}, {.steps = 3},
                     {.first_step = 3, .project = [](const Vector& t) { return Vector(t.cwiseMax(0.0)); }});
  CHECK(found.status == OuterStatus::converged);
  CHECK(found.theta[0] == doctest::Approx(0.1).epsilon(1e-4));
}

TEST_CASE("second derivatives of a run have its record") {
  const auto problem = make_problem(Nearest{}, 1, 1);
  std::vector<Index> seen;
  const SolveOptions options{.steps = 4, .observer = [&](Index t, const Vector&) { seen.push_back(t); }};
  const SecondVjp fine = second_vjp(problem, GradientDescent{0.5}, Vector{{1.0}}, Vector{{2.0}},
                                    Vector{{1.0}}, Vector{{1.0}}, options, Reverse{});
  CHECK(fine.theta == Vector{{2.0}});
  CHECK(seen == std::vector<Index>{0, 1, 2, 3, 4});
  const SecondVjp bad = second_vjp(NoObjective(1, 1), Steep<true>{}, Vector{{1.0}}, Vector{{0.0}},
                                   Vector{{1.0}}, Vector{{1.0}}, {.steps = 4}, Reverse{});
  CHECK(bad.status == Status::non_finite_derivative);
  CHECK(test::contains(bad.origin, "step 4, backwards"));
}

}  // namespace
}  // namespace unroll::non_finite_derivative
