#include "unroll/solver/sobolev_eta.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>
#include <optional>

#include "problem/problem_cases.hpp"
#include "support/worst.hpp"
#include "unroll/compare/dataset.hpp"
#include "unroll/compare/normal.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/theory/residual_polynomial.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

/// A ridge problem in the eigenbasis of its Hessian, with all that an oracle knows.
struct RidgeCase {
  std::string name;
  RidgeProblem problem;
  Vector theta, x0;
  Vector eigenvalues, noise, jacobian;  // n, in the eigenbasis: x_0 − x*, ∂x*

  RidgeCase(std::string case_name, const Matrix& A, const Vector& y, double weight, const Vector& start)
      : name(std::move(case_name)), problem(A, y), theta(Vector::Constant(1, weight)), x0(start) {
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(problem.hessian_matrix(theta));
    eigenvalues = eigen.eigenvalues();
    const Matrix& V = eigen.eigenvectors();
    const Vector minimiser = (V.transpose() * -problem.linear_term(theta)).cwiseQuotient(eigenvalues);
    noise = V.transpose() * x0 - minimiser;
    jacobian = -minimiser.cwiseQuotient(eigenvalues);
  }

  Spectrum spectrum() const { return {eigenvalues[0], eigenvalues[eigenvalues.size() - 1]}; }
  double exact_eta() const { return noise.squaredNorm() / jacobian.squaredNorm(); }
};

struct ErrorCurve {
  test::Worst peak;                 // of ‖∂x_t − ∂x*‖/‖∂x*‖
  std::optional<Index> steps = {};  // first t with at most 1e-3
};

/// The Jacobian's error by the closed form, ∂x_t − ∂x* = P_t(Λ)(−∂x*) + P'_t(Λ)(x_0 − x*).
ErrorCurve error_curve(const RidgeCase& c, double eta) {
  const Spectrum s = c.spectrum();
  ResidualPolynomial P(
      SobolevMeasure{.eta = eta, .smallest_eigenvalue = s.smallest, .largest_eigenvalue = s.largest},
      c.eigenvalues);
  ErrorCurve curve;
  curve.peak.add(1);
  for (Index t = 1; t <= 3000 && !curve.steps; ++t) {
    P.advance();
    const double error = (P.derivative().cwiseProduct(c.noise) - P.value().cwiseProduct(c.jacobian)).norm() /
                         c.jacobian.norm();
    curve.peak.add(error);
    if (error <= 1e-3) curve.steps = t;
  }
  return curve;
}

/// The rule's promise, against the exact η.
void check_case(const RidgeCase& c) {
  CAPTURE(c.name);
  const EtaEstimate estimate = automatic_eta(c.problem, c.x0, c.theta, c.spectrum());
  CHECK(estimate.fallback.empty());
  CHECK(estimate.cost.hessian_vector_products <= 45);
  CHECK(estimate.cost.gradients <= 2);
  const ErrorCurve automatic = error_curve(c, estimate.eta), exact = error_curve(c, c.exact_eta());
  REQUIRE(automatic.steps.has_value());
  REQUIRE(exact.steps.has_value());
  CHECK(automatic.peak <= std::max(1.5, double{exact.peak}));
  CHECK(static_cast<double>(*automatic.steps) <= 1.2 * static_cast<double>(*exact.steps));
}

/// The start points of the grid.
std::vector<std::pair<std::string, Vector>> starts(Index n) {
  return {{"0", Vector::Zero(n)},
          {"0.1 normal", 0.1 * NormalGenerator(1).vector(n)},
          {"1", Vector::Ones(n)},
          {"10 ones", Vector::Constant(n, 10)},
          {"100 normal", 100 * NormalGenerator(2).vector(n)}};
}

TEST_CASE("the automatic eta keeps the peak and the steps of the exact one on the bundled data") {
  for (const std::string data :
       {"auto_mpg", "breast_cancer_diagnostic", "breast_cancer_original", "digits", "wine_quality_red"}) {
    const Dataset set = standardise(select_target(read_csv(UNROLL_DATA_DIR "/" + data + ".csv"))).data;
    for (const double theta : {1e-3, 0.01, 0.1}) {
      for (const auto& [start, x0] : starts(set.values.cols()))
        check_case({data + ", x0 = " + start, set.values, centred(set.target), theta, x0});
    }
  }
}

TEST_CASE("the automatic eta keeps the peak and the steps of the exact one on ill-posed random data") {
  test::Random random(7);
  Matrix scaled = random.matrix(60, 20);
  for (Index j = 0; j < 20; ++j) scaled.col(j) *= std::pow(10, -0.1 * static_cast<double>(j));
  Matrix outlier = random.matrix(60, 30);
  outlier.leftCols(2) *= 30;
  const std::vector<std::pair<std::string, Matrix>> data = {
      {"fewer rows than columns", random.matrix(20, 50)},
      {"scaled columns", scaled},
      {"two large columns", outlier},
      {"five factors", random.matrix(80, 5) * random.matrix(5, 30) + 0.1 * random.matrix(80, 30)}};
  for (const auto& [name, A] : data) {
    const Vector y = A * random.vector(A.cols()) + 0.5 * random.vector(A.rows());
    for (const double theta : {1e-3, 0.1}) {
      for (const auto& [start, x0] : starts(A.cols()))
        check_case({name + ", x0 = " + start, A, y, theta, x0});
    }
  }
}

TEST_CASE("on a quadratic that the space exhausts the automatic eta is ten times the exact one") {
  for (const double centre : {0.0, 50.0}) {  // x* near 0, and far from it
    auto [problem, theta, x0, dx0] = test::random_quadratic(6, 3, 0.1, 2, false, 9);
    x0.array() += centre;
    const Vector minimiser = problem.minimiser(theta);
    const Matrix noise = problem.mixed(x0, theta) - problem.mixed(minimiser, theta);
    const double exact = noise.squaredNorm() / (problem.minimiser_jacobian(theta) - dx0).squaredNorm();
    const EtaEstimate estimate = automatic_eta(problem, x0, theta, {0.1, 2}, dx0);
    CHECK(estimate.eta == doctest::Approx(10 * exact).epsilon(1e-8));
  }
}

TEST_CASE("the automatic eta of many parameters costs no more than that of four, and is near the exact one") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(40, 60, 0.1, 2, false, 9);
  const EtaEstimate estimate = automatic_eta(problem, x0, theta, {0.1, 2});
  const Matrix noise = problem.mixed(x0, theta) - problem.mixed(problem.minimiser(theta), theta);
  const double exact = noise.squaredNorm() / problem.minimiser_jacobian(theta).squaredNorm();
  CHECK(estimate.cost.hessian_vector_products <= 16 + 26 * 4);
  CHECK(estimate.eta >= 3 * exact);
  CHECK(estimate.eta <= 100 * exact);
}

TEST_CASE("the automatic method has the estimated eta and the spectrum that it was given") {
  const RidgeCase c("", Matrix{{1, 0}, {0, 2}, {1, 1}}, Vector{{1, 2, 0}}, 0.1, Vector::Ones(2));
  const Sobolev solver = automatic_sobolev(c.problem, c.x0, c.theta, {0.2, 3}, {}, 1.5);
  CHECK(solver.measure.alpha == 1.5);
  CHECK(solver.measure.eta == automatic_eta(c.problem, c.x0, c.theta, {0.2, 3}).eta);
  CHECK(solver.measure.smallest_eigenvalue == 0.2);
  CHECK(solver.measure.largest_eigenvalue == 3);
}

/// f = ½‖x‖² + (1 + θ) Σ x_i, with derivatives that can be spoiled.
class Faulty final : public Problem {
 public:
  double gradient_at_zero = 1, gradient_elsewhere = 1, curvature = 1, mixed_value = 1;
  Index dimension() const override { return 3; }
  Index parameters() const override { return 1; }
  double value(const Vector&, const Vector&) const override { return 0; }
  Vector gradient(const Vector& x, const Vector&) const override {
    return (x + Vector::Ones(3)) * (x.isZero(0) ? gradient_at_zero : gradient_elsewhere);
  }
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return {curvature * x_dot + Vector::Constant(3, mixed_value) * theta_dot,
            Matrix::Constant(1, 3, mixed_value) * x_dot};
  }
};

TEST_CASE("where there is no estimate eta is L² and the reason is given") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Vector x0 = Vector::Ones(3), theta = Vector::Ones(1);
  const auto estimate = [&](const Faulty& problem) { return automatic_eta(problem, x0, theta, {1, 2}); };
  const auto reason = [&](const Faulty& problem) {
    const EtaEstimate e = estimate(problem);
    CHECK(e.eta == 4);
    return e.fallback;
  };
  Faulty no_dependence, bad_gradient, indefinite, bad_product, only_zero;
  no_dependence.mixed_value = 0;
  bad_gradient.gradient_elsewhere = nan;
  indefinite.curvature = -1;
  bad_product.curvature = nan;
  only_zero.gradient_at_zero = nan;
  CHECK(reason(no_dependence).find("Jacobian") != std::string::npos);
  CHECK(reason(bad_gradient).find("not finite") != std::string::npos);
  CHECK(reason(indefinite).find("positive definite") != std::string::npos);
  CHECK(reason(bad_product).find("not finite") != std::string::npos);
  CHECK(estimate(Faulty{}).fallback.empty());
  CHECK(estimate(only_zero).fallback.empty());
}

TEST_CASE("arguments that do not fit are refused") {
  const auto [problem, theta, x0, dx0] = test::random_quadratic(4, 2, 0.1, 2, false, 9);
  const auto estimate = [&, &problem = problem, &theta = theta](const Vector& x, const Spectrum& s,
                                                                const Matrix& dx) {
    return automatic_eta(problem, x, theta, s, dx);
  };
  CHECK_NOTHROW(estimate(x0, {0.1, 2}, dx0));
  CHECK_THROWS_AS(estimate(Vector::Ones(3), {0.1, 2}, {}), ShapeError);
  CHECK_THROWS_AS(estimate(x0, {0.1, 2}, Matrix::Ones(4, 3)), ShapeError);
  CHECK_THROWS_AS(estimate(x0, {0.1, 2}, Matrix::Constant(4, 2, NAN)), DomainError);
  CHECK_THROWS_AS(estimate(x0, {-0.1, 2}, {}), DomainError);
  CHECK_THROWS_AS(estimate(x0, {3, 2}, {}), DomainError);
  CHECK_THROWS_AS(estimate(Vector::Constant(4, NAN), {0.1, 2}, {}), DomainError);
}

}  // namespace
}  // namespace unroll
