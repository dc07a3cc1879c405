#include "unroll/theory/corrected_form.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "derivative/custom_solvers.hpp"
#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "theory/reference.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/burn_in.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/probing.hpp"
#include "unroll/theory/residual_polynomial.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using test::QuadraticCase;
using test::random_quadratic;

/// The quadratic at one θ with each gradient moved by φ_1 and x_0 by φ_2, φ = (φ_1, φ_2) = 0 the parameters:
/// what the sweeps of x_t give in φ_1 is the sum of the cotangents of all gradients, −λ for each cotangent of
/// x_t, and in φ_2 the cotangent of x_0.
struct Moved {
  AffineQuadratic problem;
  Start start;

  explicit Moved(const QuadraticCase& c) : Moved(c, c.x0.size()) {}
  Moved(const QuadraticCase& c, Index n)
      : problem(c.problem.hessian_matrix(c.theta),
                std::vector<Matrix>(2 * static_cast<std::size_t>(n), Matrix::Zero(n, n)),
                c.problem.linear_term(c.theta), columns(Matrix::Identity(n, n), Matrix::Zero(n, n))),
        start(c.x0, columns(Matrix::Zero(n, n), Matrix::Identity(n, n))) {}
  static Matrix columns(const Matrix& a, const Matrix& b) {
    Matrix both(a.rows(), a.cols() + b.cols());
    both << a, b;
    return both;
  }
};

/// That at every t ≤ 60 the sweep, the formulas in H and the closed form say the same.
void check_identities(const QuadraticCase& c, const auto& solver, const Recurrence& recurrence) {
  const Index n = c.x0.size();
  const Moved moved(c);
  const History run =
      jacobian_history(moved.problem, solver, moved.start, Vector::Zero(2 * n), {.steps = 60}, Reverse{});
  const Matrix H = c.problem.hessian_matrix(c.theta), I = Matrix::Identity(n, n);
  const Matrix inverse = H.inverse();
  const Vector minimiser = c.problem.minimiser(c.theta);
  const Matrix solution = c.problem.minimiser_jacobian(c.theta);
  const Matrix M = c.problem.mixed(minimiser, c.theta);
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
  ResidualPolynomial polynomial(recurrence, eigen.eigenvalues());
  CorrectedForm form(c.problem, recurrence, c.x0, c.theta);
  test::Worst largest;
  largest.add(1);
  for (std::size_t t = 0; t < run.dx.size(); ++t) {
    const Matrix P =
        eigen.eigenvectors() * polynomial.value().asDiagonal() * eigen.eigenvectors().transpose();
    const Matrix adjoints = -run.dx[t].leftCols(n).transpose();  // λ, a column for each cotangent
    const Matrix at_start = run.dx[t].rightCols(n).transpose();
    const Matrix M_t = c.problem.mixed(run.x[t], c.theta);
    const Matrix J = -adjoints.transpose() * M_t, residual = I - H * adjoints;
    CAPTURE(t);
    largest.add(P.norm());
    const double rounding = 1e-12 * largest, scale = rounding * inverse.norm() * (M_t.norm() + M.norm());
    CHECK((adjoints - inverse * (I - P)).norm() <= rounding * inverse.norm());
    CHECK((residual - P).norm() <= rounding * H.norm() * inverse.norm());
    CHECK((at_start - P).norm() <= rounding);
    CHECK((J.transpose() + M_t.transpose() * inverse - M_t.transpose() * inverse * residual).norm() <= scale);
    CHECK((J - solution - P * inverse * M + inverse * (I - P) * (M_t - M)).norm() <= scale);
    CHECK((J - form.jacobian()).norm() <= scale);
    CHECK(std::abs((J - solution).norm() - form.error()) <= scale);
    CHECK(form.step() == static_cast<Index>(t));
    polynomial.advance();
    form.advance();
  }
}

TEST_CASE(
    "what a sweep's adjoints make of the mixed derivative at the end is the closed form, for every solver "
    "and t, though nothing commutes") {
  const double l = 0.02, L = 2;
  for (const unsigned seed : {1u, 2u, 3u}) {
    CAPTURE(seed);
    const QuadraticCase c = random_quadratic(7, 3, l, L, false, seed);
    const auto check = [&](const auto& solver) { check_identities(c, solver, residual_recurrence(solver)); };
    check(GradientDescent::short_step(L));
    check(GradientDescent::large_step(l, L));
    check(HeavyBall::optimal(l, L));
    check(Nesterov::optimal(l, L));
    check(Chebyshev{l, L});
    check(Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}});
    const test::Averaging averaging{0.4};
    check_identities(c, averaging, probed_recurrence(averaging));
  }
}

TEST_CASE("without steps the corrected Jacobian is 0, after many it is that of the minimiser") {
  const QuadraticCase c = random_quadratic(6, 2, 0.1, 1, false, 9);
  CorrectedForm form(c.problem, Chebyshev{0.1, 1}, c.x0, c.theta);
  CHECK(form.jacobian().norm() == 0);
  CHECK(form.error() == doctest::Approx(form.minimiser_jacobian().norm()));
  for (int t = 0; t < 400; ++t) form.advance();
  CHECK((form.jacobian() - c.problem.minimiser_jacobian(c.theta)).norm() <=
        1e-13 * form.minimiser_jacobian().norm());
  CHECK(form.error() <= 1e-100);
}

TEST_CASE("a problem without parameters has a corrected Jacobian of no columns, a wrong start has none") {
  const AffineQuadratic problem(Matrix::Identity(3, 3), {}, Vector::Ones(3), Matrix(3, 0));
  CorrectedForm form(problem, GradientDescent{0.5}, Vector::Zero(3), Vector());
  form.advance();
  CHECK(form.jacobian().rows() == 3);
  CHECK(form.jacobian().cols() == 0);
  CHECK_THROWS_AS(CorrectedForm(problem, GradientDescent{0.5}, Vector::Zero(2), Vector()), ShapeError);
  CHECK_THROWS_AS(CorrectedForm(problem, GradientDescent{-1}, Vector::Zero(3), Vector()), DomainError);
}

TEST_CASE("the corrected errors on two data sets are those of the independent program") {
  for (const auto& [data, scale] :
       {std::pair<std::string, double>{"auto_mpg", 10.0}, {"breast_cancer_diagnostic", 1.0}}) {
    const Instance i =
        set_up({.data = data, .start_scale = scale, .data_directory = UNROLL_DATA_DIR}).instance;
    const auto& problem = dynamic_cast<const QuadraticProblem&>(*i.problem);
    const auto [l, L] = i.spectrum;
    const auto form = [&](const auto& method) { return CorrectedForm(problem, method, i.start, i.theta); };
    const std::map<std::string, CorrectedForm> starts{{"gd-short", form(GradientDescent::short_step(L))},
                                                      {"gd-large", form(GradientDescent::large_step(l, L))},
                                                      {"heavy-ball", form(HeavyBall::optimal(l, L))},
                                                      {"chebyshev", form(Chebyshev{l, L})}};
    const auto rows = test::reference_rows("corrected_ridge_" + data + ".csv");
    std::map<std::string, test::Worst> largest;
    for (const auto& row : rows)
      for (const double size : {1.0, std::stod(row[2])}) largest[row[0]].add(size);
    for (const auto& row : rows) {
      CorrectedForm at = starts.at(row[0]);
      while (at.step() < std::stol(row[1])) at.advance();
      const double expected = std::stod(row[2]);
      CAPTURE(row[0]);
      CAPTURE(row[1]);
      CHECK(std::abs(at.error() / i.jacobian.norm() - expected) <= 1e-12 * largest[row[0]] + 1e-9 * expected);
    }
    CHECK(largest.size() == 4);
  }
}

/// The peak of the errors relative to ‖∂x*‖, and the first t from which on they are within 1 %.
struct Course {
  double peak;
  Index settled;
};
template <class Form>
Course course(Form form, double scale, Index steps) {
  std::vector<double> errors;
  for (Index t = 0; t <= steps; ++t, form.advance()) errors.push_back(form.error() / scale);
  return {*std::max_element(errors.begin(), errors.end()), settled(errors, 0.01).value()};
}

TEST_CASE(
    "corrected Chebyshev is within 1 % before the Sobolev method unrolled, whose peak from afar is the "
    "lower") {
  for (const std::string data :
       {"auto_mpg", "breast_cancer_diagnostic", "breast_cancer_original", "digits", "wine_quality_red"}) {
    for (const auto& from :
         {std::pair<std::string, double>{"zero", 1.0}, {"ones", 1.0}, {"ones", 10.0}, {"normal", 100.0}}) {
      CAPTURE(data);
      CAPTURE(from.second);
      const Instance i = set_up({.data = data,
                                 .start = from.first,
                                 .start_scale = from.second,
                                 .data_directory = UNROLL_DATA_DIR})
                             .instance;
      const SpectralTerms terms =
          spectral_terms(dynamic_cast<const QuadraticProblem&>(*i.problem), i.start, i.theta);
      const auto [l, L] = i.spectrum;
      const SobolevMeasure measure{.eta = terms.forcing.squaredNorm() / terms.jacobian_gap.squaredNorm(),
                                   .smallest_eigenvalue = l,
                                   .largest_eigenvalue = L};
      const double size = i.jacobian.norm(), far = terms.forcing.norm() / (l * size);
      const auto steps = static_cast<Index>(20 * std::sqrt(L / l));
      const Course sobolev = course(ClosedForm(terms, residual_recurrence(measure)), size, steps);
      const Course chebyshev =
          course(CorrectedForm(terms, residual_recurrence(Chebyshev{l, L})), size, steps);
      CHECK(chebyshev.settled < sobolev.settled);
      if (far > 100) CHECK(chebyshev.peak > 3 * sobolev.peak);
      if (far < 10) CHECK(chebyshev.peak <= 1.02);
    }
  }
}

}  // namespace
}  // namespace unroll
