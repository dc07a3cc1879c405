#include "unroll/theory/bounds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using test::QuadraticCase;

constexpr Index steps = 60;

/// How the bounds of one method did.
struct Outcome {
  test::Worst violation;  // the most of error/bound
  test::Worst tightest;   // the same, where what grows makes up most of the bound
};
using Outcomes = std::map<std::string, Outcome>;

void follow(const std::vector<PolynomialMaxima>& maxima, ClosedForm form, const StartNorms& start,
            bool commuting, Outcome& outcome) {
  for (const PolynomialMaxima& m : maxima) {
    const double bound = commuting ? commuting_bound(m, start) : general_bound(m, start);
    const double rounding = 1e-11 * (start.jacobian_gap + form.minimiser_jacobian().norm());
    const double ratio = (form.error() - rounding) / bound;
    outcome.violation.add(ratio);
    if (m.value * start.jacobian_gap < 0.1 * bound) outcome.tightest.add(ratio);
    form.advance();
  }
}

struct Numbered {
  QuadraticCase c;
  double l, L;  // of an interval that holds the spectrum
  SpectralTerms terms;
};

/// Problem `seed`: of 1 to 8 variables and 1 or 2 parameters. Some start with ∂x_0 near ∂x*, where only what
/// grows counts, and some intervals are wider than the spectrum.
Numbered numbered(unsigned seed, bool commuting) {
  const Index n = 1 + seed % 8;
  const double L = 3, l = n == 1 ? L : L / (2 + 17 * (seed % 5));
  Numbered r{test::random_quadratic(n, 1 + seed % 2, l, L, commuting, seed), l, L, {}};
  if (seed % 3 == 0) r.c.dx0.setZero();
  if (seed % 3 == 1) {
    r.c.dx0 *= 0.001;
    r.c.dx0 += r.c.problem.minimiser_jacobian(r.c.theta);
  }
  if (seed % 4 == 0) {
    r.l *= 0.8;
    r.L *= 1.1;
  }
  r.terms = spectral_terms(r.c.problem, r.c.x0, r.c.theta, r.c.dx0);
  return r;
}

template <class M>
void follow(const std::string& name, const M& method, const Numbered& r, bool commuting, Outcomes& outcomes) {
  // The ends of the interval are those of the spectrum to rounding only, which an n = 1 Chebyshev would
  // notice.
  follow(maxima_history(method, r.l, r.L, steps),
         ClosedForm(r.terms, residual_recurrence(method), Formula::general), start_norms(r.terms), commuting,
         outcomes[name]);
}

Outcomes analytic_outcomes(bool commuting) {
  Outcomes outcomes;
  for (unsigned seed = 0; seed < 500; ++seed) {
    const Numbered r = numbered(seed, commuting);
    follow("gd-short", GradientDescent::short_step(r.L), r, commuting, outcomes);
    follow("gd-large", GradientDescent::large_step(r.l, r.L), r, commuting, outcomes);
    follow("gd-any", GradientDescent{(0.1 + 0.2 * (seed % 11)) / r.L}, r, commuting, outcomes);
    follow("chebyshev", Chebyshev{r.l, r.L}, r, commuting, outcomes);
  }
  return outcomes;
}

void check(const Outcomes& outcomes) {
  for (const auto& outcome : outcomes) {
    CAPTURE(outcome.first);
    CHECK(outcome.second.violation <= 1 + 1e-9);
    CHECK(outcome.second.tightest >= 0.5);
  }
}

TEST_CASE("no Jacobian's error exceeds its bound on 500 quadratics that commute, and some come within 2x") {
  check(analytic_outcomes(true));
}

TEST_CASE("no Jacobian's error exceeds its bound on 500 quadratics that do not, and some come within 2x") {
  check(analytic_outcomes(false));
}

TEST_CASE("the bounds hold, and are within 2x somewhere, for methods without a formula for them") {
  for (const bool commuting : {true, false}) {
    Outcomes outcomes;
    for (unsigned seed = 1; seed < 60; ++seed) {
      const Numbered r = numbered(seed, commuting);
      follow("heavy ball", HeavyBall::optimal(r.l, r.L), r, commuting, outcomes);
      follow("nesterov", Nesterov::optimal(r.l, r.L), r, commuting, outcomes);
      follow("sobolev", SobolevMeasure{.eta = 1, .smallest_eigenvalue = r.l, .largest_eigenvalue = r.L}, r,
             commuting, outcomes);
    }
    check(outcomes);
  }
}

TEST_CASE("the commuting bound does not hold where H and its derivatives do not commute") {
  Outcome outcome;
  for (unsigned seed = 0; seed < 100; ++seed) {
    const Numbered r = numbered(seed, false);
    const auto method = GradientDescent::large_step(r.l, r.L);
    follow(maxima_history(method, r.l, r.L, steps), ClosedForm(r.terms, residual_recurrence(method)),
           start_norms(r.terms), true, outcome);
  }
  CHECK(outcome.violation > 1.001);
}

TEST_CASE("the norms of a start are those of its arrays in any basis") {
  const QuadraticCase c = test::random_quadratic(5, 2, 0.1, 2, false, 3);
  const StartNorms norms = start_norms(spectral_terms(c.problem, c.x0, c.theta, c.dx0));
  const Vector gap = c.x0 - c.problem.minimiser(c.theta);
  Matrix forcing(5, 2), total = c.problem.hessian_matrix(c.theta) * c.dx0;
  double frobenius = 0, spectral = 0;
  for (Index i = 0; i < 2; ++i) {
    const Matrix dH = c.problem.hessian_derivative(i, c.theta);
    forcing.col(i) = dH * gap;
    total.col(i) += dH * c.x0 + c.problem.linear_term_derivative(i, c.theta);
    frobenius += dH.squaredNorm();
    double largest = 0;  // by the power iteration
    Vector v = Vector::Ones(5);
    for (int k = 0; k < 2000; ++k) {
      v = dH * (dH * v).eval();
      largest = v.norm();
      v /= largest;
    }
    spectral += largest;
  }
  CHECK(norms.gap == doctest::Approx(gap.norm()));
  CHECK(norms.jacobian_gap == doctest::Approx((c.dx0 - c.problem.minimiser_jacobian(c.theta)).norm()));
  CHECK(norms.forcing == doctest::Approx(forcing.norm()));
  CHECK(norms.total_derivative == doctest::Approx(total.norm()));
  CHECK(norms.hessian_frobenius == doctest::Approx(std::sqrt(frobenius)));
  CHECK(norms.hessian_spectral == doctest::Approx(std::sqrt(spectral)).epsilon(1e-6));
}

}  // namespace
}  // namespace unroll
