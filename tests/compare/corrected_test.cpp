#include "unroll/compare/corrected.hpp"

#include <doctest/doctest.h>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/theory/corrected_form.hpp"
#include "unroll/theory/local_model.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

using namespace unroll;

namespace {

/// The largest difference of the tape and of forward mode from the closed form over t ≤ 60, relative to
/// ‖∂x*‖.
template <class S>
double gap(const test::QuadraticCase& c, const S& solver) {
  std::vector<Matrix> exact;
  for (CorrectedForm form(c.problem, solver, c.x0, c.theta); form.step() <= 60; form.advance())
    exact.push_back(form.jacobian());
  const double scale = c.problem.minimiser_jacobian(c.theta).norm();
  test::Worst largest;
  const auto compare = [&](Index t, const Matrix& J) {
    largest.add((J - exact[static_cast<std::size_t>(t)]).norm() / scale);
  };
  const std::vector<Index> at = {0, 1, 2, 7, 30, 60};
  const History run = corrected_history(c.problem, solver, c.x0, c.theta, at);
  REQUIRE(run.t == at);
  for (std::size_t i = 0; i < at.size(); ++i) compare(run.t[i], run.dx[i]);
  corrected_forward(c.problem, solver, c.x0, c.theta, 60, compare);
  return largest;
}

Setup logistic() {
  return set_up({.data = "breast_cancer_original",
                 .loss = "logistic",
                 .theta = 0.1,
                 .data_directory = UNROLL_DATA_DIR});
}

}  // namespace

TEST_CASE("tape and forward mode give the corrected Jacobian of the closed form, though nothing commutes") {
  const double l = 0.02, L = 2;
  const test::QuadraticCase c = test::random_quadratic(6, 3, l, L, false, 3);
  CHECK(gap(c, GradientDescent::large_step(l, L)) <= 1e-10);
  CHECK(gap(c, HeavyBall::optimal(l, L)) <= 1e-10);
  CHECK(gap(c, Chebyshev{l, L}) <= 1e-10);
  CHECK(gap(c, Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}}) <= 1e-10);
}

TEST_CASE("the problem that shifts gradients has the problem's derivatives, and its own in the shift") {
  const Setup setup = logistic();
  const Problem& f = *setup.instance.problem;
  const Vector theta = setup.instance.theta, x = setup.instance.start;
  const Index n = f.dimension();
  const ShiftedProblem shifted(f, theta);
  const Vector phi = Vector::LinSpaced(n, -1, 1);
  CHECK(shifted.parameters() == n);
  CHECK(shifted.gradient(x, phi) == f.gradient(x, theta) + phi);
  CHECK(shifted.value(x, phi) == doctest::Approx(f.value(x, theta) + phi.dot(x)));
  CHECK(shifted.parameter_gradient(x, phi) == x);
  CHECK((shifted.hessian(x, phi) - f.hessian(x, theta)).norm() <= 1e-14);
  CHECK(shifted.mixed(x, phi) == Matrix::Identity(n, n));
  CHECK(shifted.curvature(phi)->smallest_eigenvalue == f.curvature(theta)->smallest_eigenvalue);
  CHECK(shifted.curvature(phi)->mixed_lipschitz == 0.0);
  CHECK_THROWS_AS(ShiftedProblem(f, Vector::Ones(2)), ShapeError);
  CHECK_THROWS_AS(ShiftedProblem(f, -theta), DomainError);
}

TEST_CASE("a solver without a residual polynomial is corrected too, by the tape and forwards alike") {
  const test::QuadraticCase c = test::random_quadratic(6, 3, 0.1, 2, false, 3);
  const Matrix by_tape = corrected_history(c.problem, ConjugateGradient{}, c.x0, c.theta, {4}).dx[0];
  corrected_forward(c.problem, ConjugateGradient{}, c.x0, c.theta, 4, [&](Index t, const Matrix& J) {
    if (t == 4) CHECK(relative_error(J, by_tape) <= 1e-10);
  });
}

TEST_CASE("near the minimiser the corrected Jacobian is the closed form of the local model, to first order") {
  const Setup setup = logistic();
  const Instance& i = setup.instance;
  const GradientDescent solver = GradientDescent::short_step(i.spectrum.largest);
  const QuadraticModel model = local_model(*i.problem, i.minimiser, i.theta);
  const auto gap = [&](double distance) {
    const Vector start = i.minimiser + distance * Vector::Ones(i.minimiser.size());
    CorrectedForm form(spectral_terms(model, start), residual_recurrence(solver));
    while (form.step() < 20) form.advance();
    const History run = corrected_history(*i.problem, solver, start, i.theta, {20});
    return (run.dx[0] - form.jacobian()).norm() / i.jacobian.norm();
  };
  CHECK(gap(1e-3) <= 1e-3);
  CHECK(gap(1e-3) / gap(1e-4) == doctest::Approx(10).epsilon(0.1));
}
