// What products and certificates cost: certificates on request and in proportion, many parameters, tangents.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "derivative/cases.hpp"
#include "derivative/ways.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll::prices {
namespace {

using test::Case;

TEST_CASE("a certificate costs at most a tenth of the derivative, unless it is asked for, or not at all") {
  const Case c = test::random_case();
  const GradientDescent solver{0.4};
  const auto spent = [&](Index steps, Certify certify) {
    return jacobian(*c.problem, solver, c.start, c.theta, {.steps = steps}, Forward{.certify = certify});
  };
  const auto work = [](const Derivative& d) { return d.cost.gradients + d.cost.hessian_vector_products; };
  for (const Index steps : {1, 5, 9, 10, 20, 200}) {
    CAPTURE(steps);
    const Index own = work(spent(steps, Certify::never));
    CHECK(own == steps * 4);
    const Derivative automatic = spent(steps, Certify::automatic), always = spent(steps, Certify::always);
    CHECK(static_cast<double>(work(automatic) - own) <= 0.1 * static_cast<double>(own));
    CHECK(work(always) >= own + 4);
    constexpr Index products = 40, columns = 3;  // of the refinement: a nearer point, and a derivative there
    CHECK(work(always) <= own + 4 + 2 * (products + 1) + (products + 3) * columns);
    CHECK(always.certificate.bound);
    CHECK(automatic.certificate.bound.has_value() == (steps >= 10));
    CHECK(automatic.certificate.is_skipped == (steps < 10));
    CHECK(certify(*c.problem, automatic).bound == always.certificate.bound);
  }
  CHECK(spent(1, Certify::automatic).certificate.message().find("Certify::always") != std::string::npos);
}

/// Gradients and products, or steps, whichever are more.
double work_of(const RunRecord& r) {
  return static_cast<double>(std::max(r.cost.gradients + r.cost.hessian_vector_products, r.steps));
}

/// By every way: a product of a run without certificate, with one, and with one that was asked for.
template <class Product, class Check>
void check_prices(const Product& product, const Check& check, bool has_objective = true) {
  const auto by = [](Certify certify) { return test::ways({.budget = 6000, .certify = certify}); };
  const std::vector<test::Way> never = by(Certify::never), automatically = by(Certify::automatic),
                               always = by(Certify::always);
  for (std::size_t i = 0; i < never.size(); ++i) {
    const std::string& name = never[i].name;
    if (never[i].claim == test::Claim::minimiser && !has_objective) continue;
    CAPTURE(name);
    check(never[i], product(never[i].method), product(automatically[i].method), product(always[i].method));
  }
}

TEST_CASE(
    "of every method and product a certificate costs at most a tenth, and is whole if it is asked for") {
  const Case c = test::random_case();
  const GradientDescent solver{0.4};
  const Vector w = Vector::LinSpaced(6, -1, 2), v = Vector::LinSpaced(3, 1, 2);
  for (const Index steps : {1, 9, 30, 200}) {
    CAPTURE(steps);
    const SolveOptions options{.steps = steps};
    const auto check = [](const test::Way& way, const auto& none, const auto& automatic, const auto& always) {
      CHECK(none.certificate.is_skipped);
      CHECK(!none.certificate.bound);
      CHECK(work_of(automatic) - work_of(none) <= 0.1 * work_of(none));
      CHECK(!always.certificate.is_skipped);
      CHECK(always.certificate.gradient_norm);
      if (way.claim != test::Claim::minimiser) CHECK(work_of(always) > work_of(none));
      if (!automatic.certificate.is_skipped)
        CHECK(automatic.certificate.bound.has_value() == always.certificate.bound.has_value());
    };
    check_prices([&](const Method& m) { return jacobian(*c.problem, solver, c.start, c.theta, options, m); },
                 check);
    check_prices([&](const Method& m) { return vjp(*c.problem, solver, c.start, c.theta, w, options, m); },
                 check);
    check_prices([&](const Method& m) { return jvp(*c.problem, solver, c.start, c.theta, v, options, m); },
                 check);
  }
}

TEST_CASE("a certificate of tiny and of huge problems neither vanishes nor overflows") {
  for (const double scale : {1e-150, 1.0, 1e150}) {
    CAPTURE(scale);
    const AffineQuadratic problem(scale * Matrix(Vector{{1, 1e-13}}.asDiagonal()), {Matrix::Zero(2, 2)},
                                  Vector::Zero(2), scale * Vector{{1, 1e-13}});
    const Certificate c = certify(problem, Vector::Zero(2), Vector::Zero(1), Vector{{-1, 1}});
    REQUIRE(c.bound);
    CHECK(*c.bound >= 2);  // ∂x* = (−1, −1)
    CHECK(c.verdict != Verdict::good);
  }
}

/// x⁺ = ½x + θ/10, n = p.
struct Halving {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {0.5 * s.x + 0.1 * theta};
  }
};

/// The same, which counts its steps.
struct CountedHalving : Halving {
  std::shared_ptr<int> taken = std::make_shared<int>(0);
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    ++*taken;
    return Halving::step(f, s, theta, t);
  }
};

TEST_CASE("without an objective what a certificate costs is counted in steps") {
  const NoObjective problem(3, 3);
  const Vector x0 = Vector::Ones(3), theta{{1, -2, 0.5}}, w{{1, 2, 3}};
  for (const Index steps : {3, 50, 400}) {
    CAPTURE(steps);
    const auto counted = [&](const auto& product) {
      return [&](const Method& method) {
        const CountedHalving solver;
        const Certificate certificate = product(solver, method).certificate;
        return std::pair(*solver.taken, certificate);
      };
    };
    const auto check = [&](const test::Way&, const auto& none, const auto& automatic, const auto& always) {
      CHECK(automatic.first - none.first <= 0.1 * static_cast<double>(steps));
      CHECK(always.first > none.first);
      CHECK(automatic.second.is_skipped != automatic.second.bound.has_value());
      CHECK(!always.second.is_skipped);
      CHECK(always.second.bound.has_value() == (steps >= 50));  // of a run that has come near
    };
    check_prices(counted([&](const auto& solver, const Method& m) {
                   return jacobian(problem, solver, x0, theta, {.steps = steps}, m);
                 }),
                 check, false);
    check_prices(counted([&](const auto& solver, const Method& m) {
                   return vjp(problem, solver, x0, theta, w, {.steps = steps}, m);
                 }),
                 check, false);
  }
}

TEST_CASE("a product with as many parameters as one likes makes no matrix of n times p") {
  const Index n = 100000;
  const Vector x0 = Vector::Zero(n), theta = Vector::LinSpaced(n, 0, 1), w = Vector::Ones(n);
  const NoObjective problem(n, n);
  for (const Method& method :
       {Method(Reverse{}), Method(Reverse{.memory_budget = 30'000'000}), Method(OneStep{})}) {
    const Vjp v = vjp(problem, Halving{}, x0, theta, w, {.steps = 20}, method);
    CHECK(v.dtheta.size() == n);
    CHECK(v.dtheta[n / 2] > 0.09);
  }
  const auto outer = [](const auto& x, const auto&) { return sum(x); };
  CHECK(hypergradient(outer, problem, Halving{}, x0, theta, {.steps = 20}).dtheta[7] ==
        doctest::Approx(0.2 * (1 - std::pow(0.5, 20))));
  CHECK(jvp(problem, Halving{}, x0, theta, w, {.steps = 20}).dx[7] ==
        doctest::Approx(0.2 * (1 - std::pow(0.5, 20))));
}

TEST_CASE("a hypergradient by forward mode carries p tangents, and no more") {
  const Case c = test::random_case();
  const auto outer = [](const auto& x, const auto&) { return squared_norm(x); };
  const Hypergradient h = hypergradient(outer, *c.problem, GradientDescent{0.3}, c.start, c.theta,
                                        {.steps = 10}, Forward{.certify = Certify::never});
  CHECK(h.cost.hessian_vector_products == 30);
  CHECK(h.dx0.size() == 0);
  const Hypergradient r =
      hypergradient(outer, *c.problem, GradientDescent{0.3}, c.start, c.theta, {.steps = 10});
  CHECK((h.dtheta - r.dtheta).norm() <= 1e-13 * r.dtheta.norm());
  CHECK(r.dx0.size() == 6);
}

}  // namespace
}  // namespace unroll::prices
