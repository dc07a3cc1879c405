// Where a proof is easily lost: a cotangent that moves with x, a total that cancels, scales at the ends of
// the range, budgets, runs that lead nowhere.
#include <doctest/doctest.h>

#include <cmath>

#include "unroll/derivative/hypergradient.hpp"
#include "unroll/derivative/minimise_outer.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/prepared_problem.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/lbfgs.hpp"

namespace unroll::proven {
namespace {

/// f = (x − 1)²/2 + θx²/2: x* = 1/(1 + θ), ∂x* = −x*².
struct Shrunk {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * (x[0] - 1) * (x[0] - 1) + 0.5 * theta[0] * x[0] * x[0];
  }
  Curvature curvature(const Vector& theta) const { return {1 + theta[0], 0.0, 1.0, true}; }
};
double minimiser(double theta) { return 1 / (1 + theta); }

const Vector at_one = Vector::Ones(1);

/// F = (x − a)²/2.
struct DistanceTo {
  double a;
  template <class V>
  auto operator()(const V& x, const V&) const {
    return 0.5 * (x[0] - a) * (x[0] - a);
  }
};

/// Of dF/dθ in one parameter: it is within the bound, and good only within the accuracy.
void check_claim(const Hypergradient& h, double exact, double accuracy) {
  CAPTURE(h.certificate.message());
  const double error = std::abs(h.dtheta[0] - exact);
  if (h.certificate.bound) CHECK(error <= *h.certificate.bound + 1e-15);
  if (h.certificate.verdict == Verdict::good) CHECK(error <= accuracy * std::abs(exact) * (1 + 1e-9));
  if (h.status == Status::converged) CHECK(h.certificate.verdict == Verdict::good);
}

TEST_CASE("a start at which the outer gradient vanishes proves nothing: x is moved") {
  const auto problem = make_problem(Shrunk{}, 1, 1);
  const double theta = 0.04, x = minimiser(theta), exact = -x * x * (x - 1);
  for (const double accuracy : {0.1, 1e-3, 1e-9}) {
    const Hypergradient h = hypergradient(DistanceTo{1}, problem, GradientDescent{0.5}, at_one,
                                          Vector::Constant(1, theta), {.steps = 10}, Certified{accuracy});
    check_claim(h, exact, accuracy);
    CHECK(h.status == Status::converged);
    CHECK(h.certificate.estimated());
    REQUIRE(h.value_error);
    CHECK(std::abs(h.value - 0.5 * (x - 1) * (x - 1)) <= *h.value_error + 1e-15);
  }
  const OuterResult r = minimise_outer(DistanceTo{1}, problem, GradientDescent{0.5}, at_one,
                                       Vector::Constant(1, theta), {.steps = 10}, {}, Certified{1e-9});
  CHECK(std::abs(r.theta[0]) < 1e-5);
}

TEST_CASE("nor does a point at which θ does nothing yet") {
  const auto problem = make_problem(Shrunk{}, 1, 1);  // M = x, which is 0 at the start
  const Vjp v =
      vjp(problem, GradientDescent{0.3}, Vector(0 * at_one), at_one, at_one, {.steps = 50}, Certified{1e-6});
  CHECK(v.status == Status::converged);
  CHECK(v.dtheta[0] == doctest::Approx(-0.25).epsilon(1e-6));
}

TEST_CASE("of a hypergradient the total is judged: where its parts cancel, the accuracy is the total's") {
  const auto problem = make_problem(Shrunk{}, 1, 1);
  const double theta = 0.5, slope = minimiser(theta) * minimiser(theta), rest = 1e-4;
  const auto outer = [&](const auto& x, const auto& t) { return x[0] + (slope + rest) * t[0]; };
  const Vector start = Vector::Constant(1, 3), at = Vector::Constant(1, theta);
  for (const double accuracy : {0.1, 1e-3})
    check_claim(
        hypergradient(outer, problem, GradientDescent{0.5}, start, at, {.steps = 10}, Certified{accuracy}),
        rest, accuracy);
  for (const Index steps : {5, 10, 20, 40})
    check_claim(hypergradient(outer, problem, GradientDescent{0.5}, start, at, {.steps = steps},
                              Reverse{.corrected = true, .certify = Certify::always}),
                rest, 0.01);
  // w almost vanishes at x*, and moves with x.
  const DistanceTo near{minimiser(theta) + 1e-4};
  for (const double accuracy : {0.3, 1e-2, 1e-6})
    check_claim(
        hypergradient(near, problem, GradientDescent{0.5}, start, at, {.steps = 10}, Certified{accuracy}),
        slope * 1e-4, accuracy);
}

TEST_CASE("F's curvature is not looked for along its gradient alone") {
  // x* = (θ, 1 + θ), so that dF/dθ = 1 + 1000 (1 + θ); at x = 0 the gradient of F is (1, 0).
  const auto problem = make_problem(
      [](const auto& x, const auto& t) {
        return 0.5 * (x[0] - t[0]) * (x[0] - t[0]) + 0.5 * (x[1] - 1 - t[0]) * (x[1] - 1 - t[0]);
      },
      2, 1);
  const auto bent = [](const auto& x, const auto&) { return x[0] + 500 * x[1] * x[1]; };
  const auto mixed = [](const auto& x, const auto& t) { return x[0] + 1000 * t[0] * x[1]; };
  const Vector zero = Vector::Zero(2), theta = Vector::Zero(1);
  for (const Index steps : {1, 3, 20}) {
    const Reverse method{.corrected = true, .certify = Certify::always};
    check_claim(hypergradient(bent, problem, GradientDescent{0.5}, zero, theta, {.steps = steps}, method),
                1001, 0.01);
    check_claim(hypergradient(mixed, problem, GradientDescent{0.5}, zero, theta, {.steps = steps}, method),
                1001, 0.01);
  }
  for (const Index steps : {0, 9}) {
    const auto by = [&](const auto& outer) {
      const Hypergradient h =
          hypergradient(outer, problem, GradientDescent{0.5}, zero, theta, {.steps = steps}, Certified{1e-3});
      check_claim(h, 1001, 1e-3);
      CHECK(h.status == Status::converged);
    };
    by(bent);
    by(mixed);
  }
}

TEST_CASE("what Certified{} decides by is there whether or not its certificate is shown") {
  const auto problem = make_problem(Shrunk{}, 1, 1);
  for (const Certify certify : {Certify::never, Certify::always}) {
    const OuterResult r = minimise_outer(DistanceTo{0.8}, problem, GradientDescent{0.5}, at_one, at_one,
                                         {.steps = 10}, {}, Certified{.certify = certify});
    CHECK(r.theta[0] == doctest::Approx(0.25).epsilon(1e-4));
  }
}

TEST_CASE("the budget is of each product, not of all that a linearisation is asked") {
  const auto problem = make_problem(Shrunk{}, 1, 1);
  const auto run = linearise(problem, GradientDescent{0.5}, Vector(3 * at_one), Vector(0.5 * at_one),
                             {.steps = 10}, Certified{1e-3});
  for (int i = 0; i < 300; ++i) {
    const double w = 1 + 0.01 * i;
    CHECK(run->pull(Matrix::Constant(1, 1, w)).theta(0, 0) == doctest::Approx(-4. / 9 * w).epsilon(1e-3));
    CHECK(run->record().status == Status::converged);
  }
}

TEST_CASE("cotangents of iterates are refused by who knows the solution alone") {
  const auto problem = make_problem(Shrunk{}, 1, 1);
  CHECK_THROWS_WITH_AS(vjp(problem, GradientDescent{0.5}, at_one, at_one,
                           std::vector<IterateCotangent>{{10, at_one}}, {.steps = 10}, Certified{}),
                       doctest::Contains("the derivative of the solution alone"), UnsupportedError);
}

TEST_CASE("one tangent of one parameter is not the whole Jacobian") {
  const auto problem = make_problem(Shrunk{}, 1, 1);
  for (const double tangent : {-3.0, 0.01, 1.0, 7.0})
    for (const Index steps : {0, 1, 5, 40}) {
      const Jvp j = jvp(problem, GradientDescent{0.3}, Vector(3 * at_one), at_one, Vector(tangent * at_one),
                        {.steps = steps}, Forward{.certify = Certify::always});
      REQUIRE(j.certificate.bound);
      CHECK(std::abs(j.dx[0] + 0.25 * tangent) <= *j.certificate.bound * (1 + 1e-12) + 1e-15);
    }
}

/// f = s (x²/2 + log cosh x − θx).
struct Scaled {
  double s;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    using std::cosh;
    using std::log;
    return s * (0.5 * x[0] * x[0] + log(cosh(x[0])) - theta[0] * x[0]);
  }
  Curvature curvature(const Vector&) const { return {s, 0.77 * s, 0.0, false}; }
};

TEST_CASE("products and their proofs are free of scale") {
  const Vector theta = Vector::Constant(1, 3), zero = Vector::Zero(1);
  double x = 0;
  for (int i = 0; i < 50; ++i) x -= (x + std::tanh(x) - 3) / (2 - std::pow(std::tanh(x), 2));
  const double slope = 1 / (2 - std::pow(std::tanh(x), 2));
  for (const double s : {1e-140, 1.0, 1e140})
    for (const double w : {1e-140, 1.0, 1e140}) {
      CAPTURE(s);
      CAPTURE(w);
      const auto problem = make_problem(Scaled{s}, 1, 1);
      const auto by = [&](const Method& method) {
        const Vjp v =
            vjp(problem, GradientDescent{0.3 / s}, zero, theta, Vector(w * at_one), {.steps = 60}, method);
        CAPTURE(v.certificate.message());
        CHECK(v.certificate.verdict == Verdict::good);
        CHECK(std::abs(v.dtheta[0] / w - slope) <= 1e-3 * slope);
        if (v.certificate.bound) CHECK(std::abs(v.dtheta[0] / w - slope) <= *v.certificate.bound / w + 1e-15);
      };
      by(Certified{1e-3});
      by(Reverse{.corrected = true, .certify = Certify::always});
      by(Reverse{.certify = Certify::always});
      by(Reverse{.at_end = true, .certify = Certify::always});
    }
}

TEST_CASE("a run that leads away is not the end: the accuracy is reached from where it began") {
  const Vector theta = Vector::Constant(1, 3), start = Vector::Constant(1, 5);
  const auto problem = make_problem([](const auto& x, const auto& t) { return Scaled{1}(x, t); }, 1, 1);
  const Vjp v = vjp(problem, GradientDescent{5}, start, theta, at_one, {.steps = 5000}, Certified{1e-4});
  const double slope = 1 / (2 - std::pow(std::tanh(v.x[0]), 2));
  CHECK(v.certificate.verdict == Verdict::good);
  CHECK(v.status == Status::converged);
  CHECK(v.dtheta[0] == doctest::Approx(slope).epsilon(1e-4));
}

/// f as Shrunk, its θ by way of what is prepared.
struct Prepared : Shrunk {
  template <class V>
  V prepare(const V& theta) const {
    return V(1.0 * theta);
  }
  template <class V>
  auto operator()(const V& x, const V&, const V& prepared) const {
    return Shrunk::operator()(x, prepared);
  }
};

TEST_CASE("a problem that prepares knows of its curvature what its f knows") {
  const auto problem = make_problem(Prepared{}, 1, 1);
  REQUIRE(problem.curvature(at_one));
  CHECK(problem.curvature(at_one)->smallest_eigenvalue == 2);
  const Vjp v = vjp(problem, GradientDescent{0.5}, at_one, at_one, at_one, {.steps = 10}, Certified{1e-6});
  CHECK_FALSE(v.certificate.estimated());
  CHECK(v.dtheta[0] == doctest::Approx(-0.25).epsilon(1e-6));
}

TEST_CASE("at the end: every column of a block is swept until its own remainder is small") {
  const Matrix H = Vector{{1, 0.01}}.asDiagonal();
  const AffineQuadratic problem(H, {Matrix::Zero(2, 2)}, Vector::Zero(2), Matrix(-Vector::Ones(2)));
  const auto run = linearise(problem, GradientDescent{0.9}, Vector(Vector::Zero(2)), at_one, {.steps = 5000},
                             Reverse{.at_end = true});
  const Matrix w = Vector{{1e12, 1}}.asDiagonal();
  const Pullback back = run->pull(w);
  CHECK(back.theta(0, 0) == doctest::Approx(1e12).epsilon(1e-8));
  CHECK(back.theta(0, 1) == doctest::Approx(100).epsilon(1e-8));
}

TEST_CASE("a memory that is not full yet has no step at the end, and no fixed point") {
  const AffineQuadratic problem(Matrix(Vector{{1, 2, 3, 4}}.asDiagonal()), {Matrix::Identity(4, 4)},
                                Vector::Ones(4), Matrix::Zero(4, 1));
  const auto by = [&](Index steps, const Method& method) {
    return vjp(problem, Lbfgs{.memory = 6}, Vector(Vector::Ones(4)), at_one, Vector(Vector::Ones(4)),
               {.steps = steps}, method);
  };
  CHECK_THROWS_WITH_AS(by(3, Reverse{.at_end = true}), doctest::Contains("memory that is not full"),
                       UnsupportedError);
  CHECK_THROWS_WITH_AS(by(3, Implicit{.equation = Equation::fixed_point}),
                       doctest::Contains("memory that is not full"), UnsupportedError);
  CHECK(by(3, Reverse{.corrected = true}).dtheta.allFinite());
}

}  // namespace
}  // namespace unroll::proven
