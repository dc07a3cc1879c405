#include "unroll/theory/bounds.hpp"

#include <doctest/doctest.h>

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/burn_in.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/corrected_form.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using test::QuadraticCase;

constexpr Index steps = 60;

/// How the bounds of one method did.
struct Outcome {
  test::Worst violation;  // the most of error/bound
  test::Worst tightest;   // the same, where what grows makes up most of the bound
  test::Worst corrected;  // the most of error/bound of the corrected Jacobian
};
using Outcomes = std::map<std::string, Outcome>;

using Bound = double (*)(const PolynomialMaxima&, const StartNorms&);

/// error/bound at every t.
template <class Form>
std::vector<double> ratios(const std::vector<PolynomialMaxima>& maxima, Form form, const StartNorms& start,
                           Bound bound) {
  std::vector<double> of_all;
  const double rounding = 1e-11 * (start.jacobian_gap + start.solution);
  for (const PolynomialMaxima& m : maxima) {
    of_all.push_back((form.error() - rounding) / bound(m, start));
    form.advance();
  }
  return of_all;
}

void follow(const std::vector<PolynomialMaxima>& maxima, ClosedForm form, const StartNorms& start,
            bool commuting, Outcome& outcome) {
  const Bound bound = commuting ? commuting_bound : general_bound;
  const std::vector<double> of_all = ratios(maxima, std::move(form), start, bound);
  for (std::size_t t = 0; t < of_all.size(); ++t) {
    outcome.violation.add(of_all[t]);
    if (maxima[t].value * start.jacobian_gap < 0.1 * bound(maxima[t], start)) outcome.tightest.add(of_all[t]);
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
  const std::vector<PolynomialMaxima> maxima = maxima_history(method, r.l, r.L, steps);
  const StartNorms start = start_norms(r.terms);
  follow(maxima, ClosedForm(r.terms, residual_recurrence(method), Formula::general), start, commuting,
         outcomes[name]);
  for (const double ratio : ratios(maxima, CorrectedForm(r.terms, residual_recurrence(method)), start,
                                   commuting ? corrected_commuting_bound : corrected_general_bound))
    outcomes[name].corrected.add(ratio);
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
    CHECK(outcome.second.corrected <= 1 + 1e-9);
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

/// error/bound of the corrected Jacobian at t on the worst instance: ∂x* = 0, x_0 − x* where |P_t| is
/// largest, from where ∂H takes it to where |Q_t| is; where they commute, both where |P_tQ_t| is.
template <class M>
double worst_ratio(const M& method, double l, double L, Index t, bool commuting) {
  const Vector lambda =
      ((L + l) / 2 - (L - l) / 2 * Vector::LinSpaced(100, 0, std::acos(-1.0)).array().cos());
  InversePolynomial polynomial(method, lambda);
  while (polynomial.step() < t) polynomial.advance();
  const Vector P = polynomial.residual().cwiseAbs(), Q = polynomial.value().cwiseAbs();
  Index from = 0, to = 0;
  (commuting ? Vector(P.cwiseProduct(Q)) : P).maxCoeff(&from);
  (commuting ? Vector(P.cwiseProduct(Q)) : Q).maxCoeff(&to);
  Matrix dH = Matrix::Zero(100, 100);
  dH(from, to) = dH(to, from) = 1;
  const Vector gap = Vector::Unit(100, from);
  const SpectralTerms terms{.minimiser = Vector::Zero(100),
                            .minimiser_jacobian = Matrix::Zero(100, 1),
                            .eigenvalues = lambda,
                            .eigenvectors = Matrix::Identity(100, 100),
                            .hessian_derivatives = {dH},
                            .gap = gap,
                            .jacobian_gap = Matrix::Zero(100, 1),
                            .forcing = dH * gap,
                            .commutator = commuting ? 0.0 : 1.0};
  CorrectedForm form(terms, residual_recurrence(method));
  while (form.step() < t) form.advance();
  const PolynomialMaxima maxima = maxima_history(method, l, L, t).back();
  return form.error() /
         (commuting ? corrected_commuting_bound : corrected_general_bound)(maxima, start_norms(terms));
}

TEST_CASE("the bounds of the corrected Jacobian are attained, within 10 %, by every method and at every t") {
  const double l = 0.02, L = 2;
  for (const bool commuting : {true, false}) {
    for (const Index t : {1, 2, 7, 20}) {
      CAPTURE(commuting);
      CAPTURE(t);
      const auto check = [&](const auto& method) {
        const double ratio = worst_ratio(method, l, L, t, commuting);
        CHECK(ratio <= 1 + 1e-9);
        CHECK(ratio >= 0.9);
      };
      check(GradientDescent::short_step(L));
      check(GradientDescent::large_step(l, L));
      check(HeavyBall::optimal(l, L));
      check(Nesterov::optimal(l, L));
      check(Chebyshev{l, L});
      check(SobolevMeasure{.eta = 1, .smallest_eigenvalue = l, .largest_eigenvalue = L});
    }
  }
}

TEST_CASE(
    "the corrected Jacobian's error over the iterate's bound stays bounded, where the unrolled one's grows") {
  // On the worst start: x_0 − x* and ∂x* along the eigenvectors of both ends.
  const double l = 0.02, L = 2;
  const AffineQuadratic problem(Matrix{{l, 0}, {0, L}}, {Matrix{{1.0, 1.0}, {1.0, 1.0}}}, Vector::Zero(2),
                                Matrix{{l}, {L}});
  const SpectralTerms terms = spectral_terms(problem, Vector{{1.0, 1.0}}, Vector::Zero(1));
  const auto check = [&](const auto& method, double power) {
    ClosedForm unrolled(terms, residual_recurrence(method));
    CorrectedForm corrected(terms, residual_recurrence(method));
    const StartNorms start = start_norms(terms);
    const std::vector<PolynomialMaxima> maxima = maxima_history(method, l, L, 400);
    std::vector<double> growth;
    for (const PolynomialMaxima& m : maxima) {
      const double most = start.solution + (1 + m.value) / l * start.mixed_lipschitz * start.gap;
      CHECK(corrected.error() <= m.value * most * (1 + 1e-9));
      growth.push_back(unrolled.error() / m.value);
      unrolled.advance();
      corrected.advance();
    }
    CHECK(growth[400] / growth[200] == doctest::Approx(std::pow(2, power)).epsilon(0.1));
  };
  check(GradientDescent::short_step(L), 1);
  check(Chebyshev{l, L}, 2);
  check(Nesterov::optimal(l, L), 2);
}

TEST_CASE("the worst corrected burn-in is that of c = ‖∂H(x_0 − x*)‖/(ℓ‖∂x*‖), and there is none for c ≤ 1") {
  const double l = 0.01, L = 1;
  for (const double c : {0.5, 1.0, 5.0, 300.0}) {
    const StartNorms start{.gap = 0,
                           .jacobian_gap = 1,
                           .forcing = c * l,
                           .total_derivative = 0,
                           .hessian_frobenius = 0,
                           .hessian_spectral = 0,
                           .mixed_lipschitz = 0,
                           .solution = 1};
    const BurnIn burn = burn_in(corrected_bounds(maxima_history(Chebyshev{l, L}, l, L, 200), start, true));
    CHECK(burn.height == doctest::Approx(c <= 1 ? 1 : (1 + c) * (1 + c) / (4 * c)).epsilon(0.01));
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
  Matrix squares = Matrix::Zero(5, 5);
  for (Index i = 0; i < 2; ++i) {
    const Matrix dH = c.problem.hessian_derivative(i, c.theta);
    forcing.col(i) = dH * gap;
    total.col(i) += dH * c.x0 + c.problem.linear_term_derivative(i, c.theta);
    frobenius += dH.squaredNorm();
    squares += dH * dH;
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
  CHECK(norms.mixed_lipschitz ==
        doctest::Approx(std::sqrt(Eigen::JacobiSVD<Matrix>(squares).singularValues()[0])));
  CHECK(norms.mixed_lipschitz < norms.hessian_spectral);
  CHECK(norms.solution == doctest::Approx(c.problem.minimiser_jacobian(c.theta).norm()));
}

}  // namespace
}  // namespace unroll
