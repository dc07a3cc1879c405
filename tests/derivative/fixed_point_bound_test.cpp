// Certificates by the equation of a fixed point: estimates of bounds, upper and lower, by a measured
// contraction.
#include <doctest/doctest.h>

#include <Eigen/LU>

#include "derivative/cases.hpp"
#include "derivative/fixed_point_maps.hpp"
#include "support/counts.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::fixed_point_bounds {
namespace {

using test::HalfMeanSquare;
using test::Momentum;
using test::TanhMap;

struct Tally {
  int bounds = 0, violated = 0, above_lower = 0, good = 0, wrong = 0, near = 0;
  void add(const Certificate& c, double error) {
    CHECK(c.equation == Equation::fixed_point);
    if (!c.bound) return;
    CHECK(c.estimated());
    ++bounds;
    const double floor = 1e-10 * (1 + c.norm);
    violated += error > *c.bound + floor;
    above_lower += c.at_least && *c.at_least > error + floor;
    wrong += c.verdict == Verdict::wrong_by_at_least;
    if (c.verdict != Verdict::good) return;
    ++good;
    near += *c.bound <= 100 * error + floor;
  }
  void report(const char* what) const {
    MESSAGE(std::string(what), ": ", bounds, " bounds, ", violated, " violated, ", above_lower,
            " lower bounds too high, ", good, " good, ", near, " of them within 100 times of the error, ",
            wrong, " wrong");
  }
};

template <class S>
void add_run(Tally& tally, const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
             Index steps, const Matrix& exact) {
  const Vector w = Vector::LinSpaced(x0.size(), -1, 2);
  const auto pulled = [&](const Method& method) {
    const Vjp v = vjp(problem, solver, x0, theta, w, {.steps = steps}, method);
    tally.add(v.certificate, (v.dtheta - exact.transpose() * w).norm());
  };
  pulled(Reverse{.certify = Certify::always});
  pulled(Reverse{.corrected = true, .certify = Certify::always});
  pulled(Implicit{.equation = Equation::fixed_point, .certify = Certify::always});
  const Derivative d =
      jacobian(problem, solver, x0, theta, {.steps = steps}, Forward{.certify = Certify::always});
  if (d.certificate.residual) tally.add(d.certificate, (d.dx - exact).norm());
}

TEST_CASE("maps without objective, one block or two: the estimates hold, and are good at the end") {
  Tally tally;
  const int count = test::repetitions(30);
  for (int seed = 0; seed < count; ++seed) {
    test::Random random(static_cast<unsigned>(seed));
    const Index n = 2 + seed % 5, p = 1 + seed % 3;
    const NoObjective none(n, p);
    const Vector theta = random.vector(p), x0 = random.vector(n);
    const Index steps = 3 + seed * 7 % 60;
    const Matrix G = random.matrix(n, n), B = random.matrix(n, p);
    const auto add = [&](const auto& solver) {
      const Matrix exact = jacobian(none, solver, x0, theta, {.steps = 3000},
                                    Implicit{.equation = Equation::fixed_point, .certify = Certify::never})
                               .dx;
      add_run(tally, none, solver, x0, theta, steps, exact);
    };
    if (seed % 2 == 0)
      add(TanhMap{G / G.norm() * 1.6, B});
    else
      add(Momentum{Matrix(0.2 * Matrix::Identity(n, n) + G * G.transpose() / G.squaredNorm()), B});
  }
  tally.report("maps");
  CHECK(tally.bounds >= 2 * count);
  CHECK(tally.violated <= tally.bounds / 20);
  CHECK(tally.above_lower <= tally.bounds / 20);
  CHECK(tally.good >= count);
}

/// ½ Σ h_i x_i² − Σ x_i.
struct TwoSprings {
  template <class V>
  auto operator()(const V& x, const V&) const {
    return 0.5 * x[0] * x[0] + 0.1 * x[1] * x[1] - x[0] - x[1];
  }
  Curvature curvature(const Vector&) const { return {0.2, 0.0, 0.0, true}; }
};

TEST_CASE("what a move of x does to the map's slope in few parameters is bounded, not seen by chance") {
  const auto problem = make_problem(TwoSprings{}, 2, 1);
  const ProximalGradient<ElasticNet> solver{1.5, {0, 1, -1, 0}};
  const Vector theta = Vector::Constant(1, 0.1), x0 = Vector::Zero(2);
  const Matrix exact =
      jacobian(problem, solver, x0, theta, {.steps = 2000}, Implicit{.certify = Certify::never}).dx;
  for (const Index steps : {10, 12})
    for (int k = 0; k < 2000; ++k) {
      const double angle = k * (3.141592653589793 / 2000);
      const Vector w{{std::cos(angle), std::sin(angle)}};
      const Vjp v =
          vjp(problem, solver, x0, theta, w, {.steps = steps}, Implicit{.certify = Certify::always});
      REQUIRE(v.certificate.bound);
      CHECK((v.dtheta - exact.transpose() * w).norm() <= *v.certificate.bound + 1e-14);
    }
}

TEST_CASE("the drift of a Jacobian is what one more step changes of the map's derivative, over 1 - q") {
  test::Random random(11);
  const Matrix A = random.matrix(5, 5), B = random.matrix(5, 2);
  const TanhMap map{A * (0.9 / A.norm()), B};
  const NoObjective none(5, 2);
  const Vector x0 = Vector::Ones(5), theta{{0.4, -0.7}};
  const Derivative d = jacobian(none, map, x0, theta, {.steps = 4}, Forward{.certify = Certify::always});
  const auto slope = [&](const Vector& x) {
    const Vector y = (map.A * x).array().tanh();
    return Matrix(0.5 * Vector(1 - y.array().square()).asDiagonal() * map.A);
  };
  const Vector next = 0.5 * (map.A * d.x).array().tanh().matrix() + B * theta;
  const double moved = ((slope(next) - slope(d.x)) * d.dx).norm();
  REQUIRE(d.certificate.drift);
  REQUIRE(d.certificate.contraction);
  CHECK(moved > 1e-6);
  CHECK(std::abs(*d.certificate.drift - moved / (1 - *d.certificate.contraction)) <= 1e-9 * moved);
}

TEST_CASE("lasso, θ in the prox alone: an unfinished derivative is called wrong, a finished one good") {
  const Dataset data = test::standardised_data("auto_mpg");
  const Vector y = centred(data.target);
  const auto problem = make_problem(HalfMeanSquare{data.values, y}, data.values.cols(), 1);
  const double L =
      spectrum(data.values.transpose() * data.values / static_cast<double>(data.values.rows())).largest;
  const Vector theta = Vector::Constant(1, 0.05), x0 = Vector::Zero(problem.dimension());
  const ProximalGradient<L1> ista{1 / L, {.weight = 1, .parameter = 0}};
  const Matrix exact =
      jacobian(problem, ista, x0, theta, {.steps = 6000}, Reverse{.certify = Certify::never}).dx;
  Tally tally;
  for (const Index steps : {5, 20, 50, 100, 200, 400, 1000, 3000})
    add_run(tally, problem, ista, x0, theta, steps, exact);
  tally.report("lasso");
  CHECK(tally.violated == 0);
  CHECK(tally.above_lower == 0);
  CHECK(tally.good >= 8);
  const Vector w = Vector::Ones(x0.size());
  const auto by = [&](Index steps) {
    return vjp(problem, ista, x0, theta, w, {.steps = steps}, Reverse{.certify = Certify::always})
        .certificate;
  };
  CHECK(by(3000).verdict == Verdict::good);
  CHECK(by(60).verdict != Verdict::good);
  // A hypergradient: w moves with x.
  const auto outer = [](const auto& x, const auto&) { return 0.5 * squared_norm(x); };
  for (const Index steps : {1500, 3000}) {
    const Hypergradient h =
        hypergradient(outer, problem, ista, x0, theta, {.steps = steps}, Reverse{.certify = Certify::always});
    const Vector x = solve(problem, ista, x0, theta, {.steps = 6000}).x();
    REQUIRE(h.certificate.bound);
    CHECK((h.dtheta - exact.transpose() * x).norm() <= *h.certificate.bound + 1e-12);
  }
}

TEST_CASE("a derivative that is another's is wrong by at least what it is wrong by") {
  // Truncated to its last step, of a map that contracts slowly.
  const Index n = 4;
  test::Random random(3);
  const NoObjective none(n, 2);
  const Matrix G = random.matrix(n, n);
  const TanhMap map{G / G.norm() * 1.9, random.matrix(n, 2)};
  const Vector theta = random.vector(2), x0 = random.vector(n), w = random.vector(n);
  const Matrix exact =
      jacobian(none, map, x0, theta, {.steps = 3000}, Implicit{.certify = Certify::never}).dx;
  const Vjp v =
      vjp(none, map, x0, theta, w, {.steps = 200}, Reverse{.last_steps = 1, .certify = Certify::always});
  const double error = (v.dtheta - exact.transpose() * w).norm();
  CHECK(v.certificate.verdict == Verdict::wrong_by_at_least);
  REQUIRE(v.certificate.at_least);
  CHECK(*v.certificate.at_least <= error * (1 + 1e-9));
  CHECK(*v.certificate.at_least >= 0.5 * error);
  const Derivative d =
      jacobian(none, map, x0, theta, {.steps = 200}, Reverse{.last_steps = 1, .certify = Certify::always});
  CHECK(d.certificate.verdict == Verdict::wrong_by_at_least);
  CHECK(*d.certificate.at_least <= (d.dx - exact).norm() * (1 + 1e-9));
}

/// x − 0.3(sinh x − θ), which refuses moves below 0.02, as a hand-written loop that stops by itself; or every
/// other step. x* = asinh θ.
struct Refusing {
  bool in_turn;
  template <class V>
  struct State {
    V x;
    Index count;
    bool accepted;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, 0, true};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V next = s.x - 0.3 * V(sinh(s.x) - theta);
    const bool refuses = in_turn ? s.count % 2 == 1 : (value_of(next) - value_of(s.x)).norm() < 0.02;
    return refuses ? State<V>{s.x, s.count + 1, false} : State<V>{next, s.count + 1, true};
  }
};

TEST_CASE("no bound is smaller than the error where the step that follows is refused") {
  const NoObjective none(1, 1);
  const Vector x0 = Vector::Zero(1), theta = Vector::Constant(1, 2.0), w = Vector::Ones(1);
  const double exact = 1 / std::sqrt(5.0);
  for (const bool in_turn : {false, true})
    for (const Index steps : {9, 10, 21, 22, 200, 3000})
      for (const Method& method :
           {Method(Reverse{.certify = Certify::always}), Method(Implicit{.certify = Certify::always}),
            Method(OneStep{.certify = Certify::always}),
            Method(Reverse{.corrected = true, .certify = Certify::always}), Method(Implicit{})}) {
        CAPTURE(in_turn);
        CAPTURE(steps);
        const Vjp v = vjp(none, Refusing{in_turn}, x0, theta, w, {.steps = steps}, method);
        const Derivative d = jacobian(none, Refusing{in_turn}, x0, theta, {.steps = steps}, method);
        for (const auto& [error, c] : {std::pair{std::abs(v.dtheta[0] - exact), v.certificate},
                                       {std::abs(d.dx(0, 0) - exact), d.certificate}}) {
          if (c.bound) CHECK(error <= *c.bound + 1e-14);
          if (c.at_least) CHECK(*c.at_least <= error + 1e-14);
          CHECK((c.verdict != Verdict::good || error <= 0.01 * exact));
        }
      }
}

}  // namespace
}  // namespace unroll::fixed_point_bounds
