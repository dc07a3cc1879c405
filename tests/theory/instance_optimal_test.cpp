#include "unroll/theory/instance_optimal.hpp"

#include <doctest/doctest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/bounds.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using test::QuadraticCase;
using test::random_quadratic;

std::vector<double> optimal_errors(const SpectralTerms& terms, Index steps) {
  InstanceOptimal optimal(terms);
  std::vector<double> errors;
  for (; optimal.degree() <= steps; optimal.advance()) errors.push_back(optimal.error());
  return errors;
}

/// min_c ‖δ + Σ_k c_k (error of λ^k)‖ by orthogonal decomposition of the matrix of powers: for small t.
double by_powers(const SpectralTerms& s, Index t) {
  const Index n = s.eigenvalues.size(), p = s.jacobian_gap.cols();
  Matrix A(n * p, t);
  for (Index k = 1; k <= t; ++k) {
    Matrix slopes(n, n);  // divided differences of λ^k: Σ a^i b^{k−1−i}
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        slopes(i, j) = 0;
        for (Index e = 0; e < k; ++e)
          slopes(i, j) += std::pow(s.eigenvalues[i], e) * std::pow(s.eigenvalues[j], k - 1 - e);
      }
    }
    Matrix error = s.eigenvalues.array().pow(k).matrix().asDiagonal() * s.jacobian_gap;
    for (Index i = 0; i < p; ++i)
      error.col(i) += slopes.cwiseProduct(s.hessian_derivatives[static_cast<std::size_t>(i)]) * s.gap;
    A.col(k - 1) = error.reshaped();
  }
  const Vector b = s.jacobian_gap.reshaped();
  return (b - A * A.colPivHouseholderQr().solve(b)).norm();
}

TEST_CASE("the optimal errors are those of least squares over powers of λ, commuting or not") {
  for (const bool commuting : {true, false}) {
    for (const Index p : {1, 2}) {
      const QuadraticCase c = random_quadratic(6, p, 0.3, 2, commuting, 5);
      const SpectralTerms terms = spectral_terms(c.problem, c.x0, c.theta, c.dx0);
      const std::vector<double> errors = optimal_errors(terms, 5);
      CHECK(errors[0] == doctest::Approx(start_norms(terms).jacobian_gap));
      for (Index t = 1; t <= 5; ++t) {
        CAPTURE(t);
        CHECK(errors[static_cast<std::size_t>(t)] == doctest::Approx(by_powers(terms, t)).epsilon(1e-8));
      }
    }
  }
}

TEST_CASE("the optimal errors never grow, and vanish after n steps for one parameter, 2n for several") {
  for (const bool commuting : {true, false}) {
    for (const Index p : {1, 3}) {
      const QuadraticCase c = random_quadratic(7, p, 0.2, 2, commuting, 8);
      const std::vector<double> errors = optimal_errors(spectral_terms(c.problem, c.x0, c.theta, c.dx0), 40);
      for (std::size_t t = 1; t < errors.size(); ++t) CHECK(errors[t] <= errors[t - 1] * (1 + 1e-14));
      const std::size_t vanished = p == 1 ? 7 : 14;
      CHECK(errors[vanished - 1] > 1e-9 * errors[0]);
      CHECK(errors[vanished] <= 1e-9 * errors[0]);
    }
  }
}

TEST_CASE("where x0 is the minimiser only P counts: the optimal polynomial vanishes on the spectrum") {
  QuadraticCase c = random_quadratic(4, 2, 0.2, 2, true, 8);
  c.x0 = c.problem.minimiser(c.theta);
  const std::vector<double> errors = optimal_errors(spectral_terms(c.problem, c.x0, c.theta, c.dx0), 5);
  CHECK(errors[3] > 1e-6);
  CHECK(errors[4] <= 1e-12);
}

TEST_CASE("on one eigenvalue two steps are enough for any number of variables and parameters") {
  const AffineQuadratic problem(Matrix::Identity(5, 5), {Matrix::Identity(5, 5), Matrix::Zero(5, 5)},
                                Vector::Ones(5), Matrix::Ones(5, 2));
  const std::vector<double> errors =
      optimal_errors(spectral_terms(problem, Vector::LinSpaced(5, 1, 2), Vector{{0.5, 0}}), 4);
  CHECK(errors[1] > 0.01);
  CHECK(errors[2] <= 1e-13);
  CHECK(errors[4] <= 1e-13);
}

/// Whether no method is better than the best, at any t; what one is, relative to ∂x*.
template <class M>
double advantage(const std::vector<double>& optimal, const SpectralTerms& terms, const M& method) {
  ClosedForm form(terms, residual_recurrence(method));
  test::Worst most;
  for (const double best : optimal) {
    most.add((best - form.error()) / form.minimiser_jacobian().norm());
    form.advance();
  }
  return most;
}

TEST_CASE(
    "on every data set and from every start no solver is better than the instance-optimal curve at any t") {
  for (const std::string data :
       {"auto_mpg", "breast_cancer_diagnostic", "breast_cancer_original", "digits", "wine_quality_red"}) {
    for (const std::string start : {"zero", "ones", "normal"}) {
      CAPTURE(data);
      CAPTURE(start);
      const Setup setup = set_up({.data = data,
                                  .start = start,
                                  .start_scale = start == "normal" ? 10.0 : 1.0,
                                  .data_directory = UNROLL_DATA_DIR});
      const auto& problem = dynamic_cast<const QuadraticProblem&>(*setup.instance.problem);
      const SpectralTerms terms = spectral_terms(problem, setup.instance.start, setup.instance.theta);
      const std::vector<double> optimal = optimal_errors(terms, 200);
      const auto [l, L] = setup.instance.spectrum;
      const StartNorms norms = start_norms(terms);
      const double ratio = norms.forcing / norms.jacobian_gap;
      CHECK(advantage(optimal, terms, GradientDescent::short_step(L)) <= 1e-9);
      CHECK(advantage(optimal, terms, GradientDescent::large_step(l, L)) <= 1e-9);
      CHECK(advantage(optimal, terms, HeavyBall::optimal(l, L)) <= 1e-9);
      CHECK(advantage(optimal, terms, Nesterov::optimal(l, L)) <= 1e-9);
      CHECK(advantage(optimal, terms, Chebyshev{l, L}) <= 1e-9);
      const SobolevMeasure sobolev{.eta = ratio * ratio, .smallest_eigenvalue = l, .largest_eigenvalue = L};
      CHECK(advantage(optimal, terms, sobolev) <= 1e-9);
      CHECK(*std::min_element(optimal.begin(), optimal.end()) <= 1e-9 * optimal[0]);
    }
  }
}

}  // namespace
}  // namespace unroll
