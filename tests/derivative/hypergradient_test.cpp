#include "unroll/derivative/hypergradient.hpp"

#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "support/worst.hpp"
#include "unroll/derivative/minimise_outer.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {
namespace {

using test::Case;

/// F = ‖x − target‖²/2 + weight ‖θ‖²/2.
struct Distance {
  Vector target;
  double weight;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V r = x - target;
    return 0.5 * squared_norm(r) + 0.5 * weight * squared_norm(theta);
  }
};
struct OfTheta {
  template <class V>
  auto operator()(const V&, const V& theta) const {
    return squared_norm(theta);
  }
};
struct Constant {
  template <class V>
  scalar_t<V> operator()(const V&, const V&) const {
    return 1.0;
  }
};
struct Undefined {
  template <class V>
  auto operator()(const V& x, const V&) const {
    return squared_norm(x) * std::numeric_limits<double>::quiet_NaN();
  }
};

TEST_CASE("a hypergradient is the slope of the outer loss of the run, start included") {
  const Case c = test::random_case();  // with ∂x_0
  const GradientDescent solver = GradientDescent::short_step(c.spectrum.largest);
  const Distance outer{Vector::Ones(6), 0.3};
  for (const Index steps : {0, 4}) {
    const SolveOptions options{.steps = steps};
    const auto loss = [&](const Vector& theta) {
      const Vector x0 = c.start.x + c.start.dx * (theta - c.theta);
      return outer(solve(*c.problem, solver, x0, theta, options).x(), theta);
    };
    const Vector slope = test::central_differences(loss, c.theta).transpose();
    const Hypergradient reverse =
        hypergradient(outer, *c.problem, solver, c.start, c.theta, options, Reverse{});
    const Hypergradient forward =
        hypergradient(outer, *c.problem, solver, c.start, c.theta, options, Forward{});
    CHECK(reverse.value == doctest::Approx(loss(c.theta)));
    CHECK((reverse.dtheta - slope).norm() <= 1e-7 * slope.norm());
    CHECK((forward.dtheta - slope).norm() <= 1e-7 * slope.norm());
    const Cotangent of_end = [&](const Vector& x) { return Vector(x - outer.target); };
    const Vector dx0 = vjp(*c.problem, solver, c.start, c.theta, of_end, options, Forward{}).dx0;
    CHECK((reverse.dx0 - dx0).norm() <= 1e-12 * dx0.norm());
    CHECK(forward.dx0.size() == 0);  // it would take n tangents
    CHECK(reverse.steps == steps);
  }
  const Vector minimiser = c.quadratic()->minimiser(c.theta);
  const Hypergradient implicit =
      hypergradient(outer, *c.problem, solver, Start(minimiser), c.theta, {.steps = 1}, Implicit{});
  const Vector slope =
      c.quadratic()->minimiser_jacobian(c.theta).transpose() * (minimiser - outer.target) + 0.3 * c.theta;
  CHECK((implicit.dtheta - slope).norm() <= 1e-10 * slope.norm());
  CHECK(implicit.dx0 == Vector::Zero(6));
}

TEST_CASE("an outer loss that does not depend on x, or is not finite, is refused; a stationary one is not") {
  const Case c = test::random_case();
  const GradientDescent solver{0.1};
  const auto by = [&](const auto& outer) {
    return hypergradient(outer, *c.problem, solver, c.start.x, c.theta, {.steps = 0}, Reverse{});
  };
  CHECK_THROWS_WITH_AS(by(Constant{}), doctest::Contains("does not depend on x"), DomainError);
  CHECK_THROWS_WITH_AS(by(OfTheta{}), doctest::Contains("does not depend on x"), DomainError);
  CHECK_THROWS_WITH_AS(by(Undefined{}), doctest::Contains("the outer loss is"), DomainError);
  CHECK((by(Distance{c.start.x, 2}).dtheta - 2 * c.theta).norm() <= 1e-14);
}

/// min_θ ‖x*(θ) − target‖²/2 with x*(θ) = θ: H = I, b = −θ.
AffineQuadratic identity_problem(Index n) {
  return {Matrix::Identity(n, n), std::vector<Matrix>(static_cast<std::size_t>(n), Matrix::Zero(n, n)),
          Vector::Zero(n), -Matrix::Identity(n, n)};
}

TEST_CASE("an outer minimisation finds the minimum, with its tolerances tightening and its steps recorded") {
  const AffineQuadratic problem = identity_problem(3);
  const Distance outer{Vector{{1, -2, 3}}, 0.5};  // minimum at target/1.5
  Index seen = 0;
  const auto minimise = [&](const auto& method, double inner_tolerance) {
    const OuterOptions options{.steps = 60,
                               .tolerance = 1e-7,
                               .first_inner_tolerance = inner_tolerance,
                               .last_inner_tolerance = inner_tolerance * 1e-8,
                               .observer = [&](const OuterStep&) { ++seen; }};
    return minimise_outer(outer, problem, GradientDescent{0.5}, Vector::Zero(3), Vector::Ones(3),
                          {.steps = 200}, options, method);
  };
  for (const OuterResult& r : {minimise(Reverse{}, 0), minimise(Implicit{}, 1e-2)}) {
    CHECK(r.status == OuterStatus::converged);
    CHECK((r.theta - outer.target / 1.5).norm() <= 1e-6);
    CHECK((r.x - r.theta).norm() <= 1e-6);
    for (std::size_t k = 1; k < r.steps.size(); ++k)
      CHECK(r.steps[k].inner_tolerance <= r.steps[k - 1].inner_tolerance);
    CHECK(r.value < r.steps.front().value);
    CHECK(r.steps.back().gradient_norm <= 1e-6);
    CHECK(r.cost.gradients > static_cast<Index>(r.steps.size()));
  }
  CHECK(seen > 4);
}

TEST_CASE("an outer gradient that is small for want of inner steps is no convergence") {
  const auto slow = make_problem(
      []<class V>(const V& x, const V& theta) { return 1e-4 * 0.5 * squared_norm(V(x - theta)); }, 2, 2);
  const auto outer = []<class V>(const V& x, const V&) { return 0.5 * squared_norm(V(x - Vector::Ones(2))); };
  const Vector start =
      Vector::Zero(2);  // of θ and, its solution there, of x: the first run stops after a step
  for (const Method& method : {Method(Reverse{}), Method(Reverse{.corrected = true})}) {
    const OuterResult r = minimise_outer(outer, slow, GradientDescent{1}, start, start, {.steps = 20000},
                                         {.steps = 30, .tolerance = 1e-3}, method);
    if (r.status == OuterStatus::converged) CHECK((r.theta - Vector::Ones(2)).norm() <= 1e-2);
    CHECK(r.steps.size() > 1);
  }
}

struct Inner {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.05 * squared_norm(x) - theta[0] * x[0];
  }
  Curvature curvature(const Vector&) const { return {0.1, 0, 0, false}; }
};

TEST_CASE("a bound and a lower bound do not contradict each other where the outer loss bends on the way") {
  const auto problem = make_problem(Inner{}, 1, 1);
  const auto outer = [](const auto& x, const auto&) { return square(square(x[0])); };
  const Vector theta = Vector::Constant(1, 0.1), x0 = Vector::Constant(1, 0.2);
  for (const Index steps : {1, 5, 20, 60}) {
    CAPTURE(steps);
    const Hypergradient h = hypergradient(outer, problem, GradientDescent{1}, x0, theta, {.steps = steps},
                                          Implicit{.certify = Certify::always});
    REQUIRE(h.certificate.bound);
    const double error = std::abs(h.dtheta[0] - 40);  // x* = 10 θ, F = 10⁴ θ⁴
    CHECK(error <= *h.certificate.bound * (1 + 1e-9) + 1e-12);
    CHECK(h.certificate.at_least.value_or(0) <= *h.certificate.bound * (1 + 1e-9));
  }
}

TEST_CASE("warm starts save inner steps, and projections keep theta where it belongs") {
  const Case c = test::random_case();
  const auto solver = [&](const Vector&) {
    return GradientDescent::large_step(c.spectrum.smallest / 2, 2 * c.spectrum.largest);
  };
  const Distance outer{Vector::Ones(6), 10};
  const auto spent = [&](bool warm) {
    OuterOptions options{.steps = 5, .first_step = 1e-3, .first_inner_tolerance = 1e-8, .warm_start = warm};
    options.project = [&](const Vector& theta) -> Vector {
      return theta.cwiseMax(c.theta - Vector::Constant(3, 0.01))
          .cwiseMin(c.theta + Vector::Constant(3, 0.01));
    };
    const OuterResult r =
        minimise_outer(outer, *c.problem, solver, c.start.x, c.theta, {.steps = 100000}, options, Implicit{});
    CHECK(test::largest((r.theta - c.theta).cwiseAbs()) <= 0.01 + 1e-15);
    CHECK(r.value < r.steps.front().value);
    Index steps = 0;
    for (const OuterStep& s : r.steps) steps += s.inner_steps;
    return steps;
  };
  CHECK(spent(true) < spent(false));
}

TEST_CASE("a loss along a truncated run counts the early iterates, too") {
  const test::Case c = test::random_case(4, 3);
  const auto loss = [](Index t, const auto& x, const auto& theta) {
    return double(t + 1) * sum(x) + double(t) * theta[0] * theta[1];
  };
  const auto by = [&](const Reverse& method) {
    return hypergradient(loss, *c.problem, GradientDescent{0.2}, c.start, c.theta, {.steps = 10}, method);
  };
  const Hypergradient whole = by({}), truncated = by({.last_steps = 2});
  CHECK(truncated.value == doctest::Approx(whole.value).epsilon(1e-12));
  // Of what the loss says of θ itself nothing is left out, whatever is truncated.
  const auto own = [](Index t, const auto& x, const auto& theta) {
    return 0.0 * sum(x) + double(t) * theta[0] * theta[1];
  };
  const Hypergradient of_theta = hypergradient(own, *c.problem, GradientDescent{0.2}, c.start, c.theta,
                                               {.steps = 10}, Reverse{.last_steps = 2});
  CHECK(of_theta.dtheta[0] == doctest::Approx(55 * c.theta[1]));
  CHECK(of_theta.dtheta[2] == 0);
}

/// x' = −θx by Euler's steps: a simulation, which approaches nothing.
struct Decay {
  double h;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {V(s.x - h * theta[0] * s.x)};
  }
};

TEST_CASE("a simulation is calibrated with all its steps, from its own start, by the options as they are") {
  const NoObjective none(1, 1);
  const Vector x0 = Vector::Ones(1), first = Vector::Constant(1, 0.5), right = Vector::Constant(1, 1.5);
  for (const Index steps : {100, 20000}) {
    const Decay decay{1.0 / static_cast<double>(steps)};
    const double end = solve(none, decay, x0, right, {.steps = steps}).x()[0];
    const auto loss = [end](const auto& x, const auto&) { return 0.5 * square(x[0] - end); };
    const OuterResult r = minimise_outer(loss, none, decay, x0, first, {.steps = steps}, {}, Reverse{});
    CHECK(r.status == OuterStatus::converged);
    CHECK(std::abs(r.theta[0] - 1.5) <= 1e-4);
    CHECK(r.steps[0].inner_steps == steps);
  }
}

// x* = θ; x_3 = (1 − 0.8³)θ from 0, which is at 1 for θ = 1/(1 − 0.8³).
TEST_CASE("of runs that end before they rest F is of their steps, from the start at every theta") {
  const AffineQuadratic problem = identity_problem(1);
  const auto loss = [](const auto& x, const auto&) { return 0.5 * square(x[0] - 1.0); };
  const auto result = [&](std::optional<bool> warm) {
    return minimise_outer(loss, problem, GradientDescent{0.2}, Vector::Zero(1), Vector::Constant(1, 0.2),
                          {.steps = 3}, {.warm_start = warm}, Reverse{});
  };
  const OuterResult r = result({});
  CHECK(r.status == OuterStatus::converged);
  CHECK(std::abs(r.theta[0] - 1 / (1 - std::pow(0.8, 3))) <= 1e-5);
  for (std::size_t i = 1; i < r.steps.size(); ++i) CHECK(r.steps[i].value < r.steps[i - 1].value);
  CHECK(result(false).theta == r.theta);
  CHECK(std::abs(result(true).theta[0] - r.theta[0]) > 0.1);
}

TEST_CASE("a trial point where the outer loss is not finite is halved; one line of them is an error") {
  const AffineQuadratic problem = identity_problem(1);
  const auto loss = [](const auto& x, const auto&) {
    return x[0] - log(x[0]);
  };  // x* = θ, of which 1 is best
  const Vector x0 = Vector::Ones(1);
  const auto from = [&](double theta, double step) {
    return minimise_outer(loss, problem, GradientDescent{0.5}, x0, Vector::Constant(1, theta), {.steps = 60},
                          {.first_step = step}, Implicit{});
  };
  CHECK(std::abs(from(3, 100).theta[0] - 1) <= 1e-5);
  CHECK_THROWS_AS(from(-1, 1), DomainError);
}

TEST_CASE("where the inner run diverges at the first theta, that is said, and not taken for a minimum") {
  const auto problem = make_problem(
      [](const auto& x, const auto& theta) {
        return 0.5 * (1.0 + square(theta[0])) * square(x[0] - 1.0 - theta[0]);
      },
      1, 1);
  const auto loss = [](const auto& x, const auto&) { return square(tanh(x[0]) - 0.5); };  // finite everywhere
  const auto from = [&](double theta, const Method& method) {
    return minimise_outer(loss, problem, GradientDescent{0.9}, Vector::Zero(1), Vector::Constant(1, theta),
                          {.steps = 2000}, {}, method);
  };
  for (const Method& method : {Method(Reverse{}), Method(Implicit{})}) {
    CHECK(from(2, method).status == OuterStatus::non_finite);
    CHECK(from(1, method).status == OuterStatus::converged);
    CHECK(from(1, method).value <= 1e-10);
  }
  CHECK(describe(OuterStatus::non_finite).find("not finite") != std::string_view::npos);
}

TEST_CASE("outer options out of range are refused") {
  const AffineQuadratic problem = identity_problem(2);
  const Distance outer{Vector::Ones(2), 0};
  const auto refuse = [&](const OuterOptions& o) {
    CHECK_THROWS_AS(minimise_outer(outer, problem, GradientDescent{0.5}, Vector::Zero(2), Vector::Zero(2),
                                   {.steps = 3}, o, Implicit{}),
                    DomainError);
  };
  refuse({.steps = -1});
  refuse({.tolerance = -1});
  refuse({.first_step = 0});
  refuse({.sufficient_decrease = 1});
  refuse({.last_inner_tolerance = -1});
  refuse({.first_inner_tolerance = 1e-12});
  refuse({.inner_tolerance_decay = 2});
}

}  // namespace
}  // namespace unroll
