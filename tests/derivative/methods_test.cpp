#include <doctest/doctest.h>

#include <Eigen/LU>
#include <algorithm>
#include <limits>

#include "derivative/cases.hpp"
#include "derivative/ways.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"

/// All methods against each other.
namespace unroll {
namespace {

using test::Case;

/// Newton's method, whose step would need third derivatives on a tape.
struct TextbookNewton {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    if constexpr (std::is_same_v<V, Vector>)
      return {V(s.x - f.problem().hessian(s.x, theta).inverse() * f.gradient(s.x, theta))};
    else
      throw UnsupportedError("Newton: third derivatives");
  }
  template <class V>
  State<V> frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    return {V(s.x - Matrix(f.problem().hessian(value_of(s.x), value_of(theta)).inverse()) * g)};
  }
};

TEST_CASE("every method of the library is among the ways that tests loop over") {
  const std::vector<test::Way> all = test::ways({});
  for (const NamedMethod& named : all_methods()) {
    CAPTURE(named.name);
    CHECK(std::count_if(all.begin(), all.end(), [&](const auto& way) { return way.name == named.name; }) ==
          1);
  }
}

TEST_CASE("all methods agree at convergence, in their three products") {
  for (const Case& c : {test::ridge_case(), test::logistic_case()}) {
    CAPTURE(c.name);
    const auto solver = Nesterov::optimal(c.spectrum.smallest, c.spectrum.largest);
    const SolveOptions options{.steps = 900};
    const Vector w = Vector::LinSpaced(c.start.x.size(), -1, 2), v = Vector::Ones(1);
    const Matrix expected = jacobian(*c.problem, solver, c.start, c.theta, options, Implicit{}).dx;
    for (const test::Way& way : test::ways({.last_steps = 600, .budget = 20'000})) {
      const std::string& name = way.name;
      CAPTURE(name);
      const auto check = [&](const auto& s) {
        const Method& method = way.method;
        const double near = (way.claim == test::Claim::minimiser ? way.tolerance : 1e-7) * expected.norm();
        CHECK((jacobian(*c.problem, s, c.start, c.theta, options, method).dx - expected).norm() <= near);
        const Vjp pulled = vjp(*c.problem, s, c.start, c.theta, w, options, method);
        CHECK((pulled.dtheta - expected.transpose() * w).norm() <= near * w.norm());
        CHECK(pulled.dx0.norm() <= 1e-7 * w.norm());
        CHECK((jvp(*c.problem, s, c.start, c.theta, v, options, method).dx - expected).norm() <= near);
      };
      if (way.claim == test::Claim::last_step)
        check(TextbookNewton{});
      else
        check(solver);
    }
  }
}

TEST_CASE(
    "one-step differentiation is the last step of the unrolled derivative, and takes a run of no steps") {
  const Case c = test::random_case();
  const GradientDescent solver{0.5};
  for (const Index steps : {1, 20}) {
    const auto by = [&](const auto& method) {
      return jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, method);
    };
    const Derivative one = by(OneStep{}), last = by(Reverse{.last_steps = 1});
    CHECK(one.dx == last.dx);
    CHECK(one.x == last.x);
    CHECK(one.cost.recomputed_steps == 0);
  }
  CHECK(jacobian(*c.problem, solver, c.start, c.theta, {.steps = 0}, OneStep{}).dx == c.start.dx);
}

TEST_CASE("one step of a solver with a frozen step is taken of that, whatever ends the run") {
  const Case c = test::logistic_case();
  for (const SolveOptions& options :
       {SolveOptions{.steps = 8}, SolveOptions{.steps = 50, .tolerance = 1e-9}}) {
    const Derivative d = jacobian(*c.problem, TextbookNewton{}, c.start, c.theta, options, OneStep{});
    const Derivative implicit = jacobian(*c.problem, TextbookNewton{}, c.start, c.theta, options, Implicit{});
    CHECK(d.steps == implicit.steps);
    CHECK((d.x - implicit.x).norm() <= 1e-12);
    CHECK((d.dx - implicit.dx).norm() <= 1e-8 * implicit.dx.norm());
  }
  CHECK_THROWS_AS(jacobian(*c.problem, TextbookNewton{}, c.start, c.theta, {.steps = 3}, Reverse{}),
                  UnsupportedError);
}

TEST_CASE("central differences are the unrolled derivative, also through the start and before convergence") {
  const Case c = test::random_case();
  const test::Averaging solver{0.5};
  const Vector w = Vector::LinSpaced(6, -1, 2), v = Vector::LinSpaced(3, 0, 1);
  for (const SolveOptions& options :
       {SolveOptions{.steps = 0}, SolveOptions{.steps = 15}, SolveOptions{.steps = 900, .tolerance = 1e-3}}) {
    const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, options, FiniteDifference{});
    const Derivative exact = jacobian(*c.problem, solver, c.start, c.theta, options, Forward{});
    CHECK(d.steps == exact.steps);
    CHECK((d.dx - exact.dx).norm() <= 1e-7 * exact.dx.norm());
    const Vjp pulled = vjp(*c.problem, solver, c.start, c.theta, w, options, FiniteDifference{});
    const Vjp exact_pulled = vjp(*c.problem, solver, c.start, c.theta, w, options, Forward{});
    CHECK((pulled.dtheta - exact_pulled.dtheta).norm() <= 1e-7 * exact_pulled.dtheta.norm());
    CHECK((pulled.dx0 - exact_pulled.dx0).norm() <= 1e-7 * w.norm());
    CHECK((jvp(*c.problem, solver, c.start, c.theta, v, options, FiniteDifference{}).dx - exact.dx * v)
              .norm() <= 1e-7 * exact.dx.norm());
  }
  for (const double step : {0.0, -1.0, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(jacobian(*c.problem, solver, c.start, c.theta, {}, FiniteDifference{step}), DomainError);
}

TEST_CASE("a history is the same by every method that has one, and others say that they have none") {
  const Case c = test::random_case();
  const test::Averaging solver{0.5};
  const auto history = [&](const Method& method, const std::vector<Index>& at) {
    return jacobian_history(*c.problem, solver, c.start, c.theta, {.steps = 40}, method, at);
  };
  for (const std::vector<Index>& at : {std::vector<Index>{}, {0, 7, 8, 40, 90}, {13}}) {
    const History forward = history(Forward{}, at);
    for (const test::Way& way : test::ways({.last_steps = 3, .budget = 6000})) {
      const std::string& name = way.name;
      CAPTURE(name);
      if (name.starts_with("corrected")) continue;  // its history is one of estimates of ∂x*
      if (!way.along) {
        CHECK_THROWS_WITH_AS(history(way.method, at), doctest::Contains("jacobian_history: "),
                             UnsupportedError);
        continue;
      }
      const History h = history(way.method, at);
      REQUIRE(h.t == forward.t);
      for (std::size_t i = 0; i < h.t.size(); ++i) {
        CHECK((h.x[i] - forward.x[i]).norm() <= 1e-13 * forward.x[i].norm());
        CHECK((h.dx[i] - forward.dx[i]).norm() <= 10 * way.rounding * forward.dx[i].norm());
      }
    }
  }
}

}  // namespace
}  // namespace unroll
