#include "unroll/theory/inverse_polynomial.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "derivative/custom_solvers.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/theory/probing.hpp"
#include "unroll/theory/residual_polynomial.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

constexpr double l = 0.02, L = 2;

/// f(method, recurrence) for each way to have a residual polynomial.
void for_each_method(const auto& f) {
  const auto derived = [&](const auto& method) { f(method, residual_recurrence(method)); };
  derived(GradientDescent::short_step(L));
  derived(GradientDescent::large_step(l, L));
  derived(HeavyBall::optimal(l, L));
  derived(Nesterov::optimal(l, L));
  derived(Chebyshev{l, L});
  derived(Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}});
  f(test::Averaging{0.4}, probed_recurrence(test::Averaging{0.4}));
}

TEST_CASE("Q_t is (1 - P_t)/λ, the divided difference with 0, at every t") {
  const Vector lambda{{0.02, 0.02, 0.3, 1, 2}};
  for_each_method([&](const auto&, const Recurrence& recurrence) {
    InversePolynomial Q(recurrence, lambda);
    ResidualPolynomial P(recurrence, lambda);
    Vector with_zero(lambda.size() + 1);
    with_zero << lambda, 0;
    DividedDifferences differences(recurrence, with_zero);
    for (Index t = 0; t <= 200; ++t) {
      const double scale = std::max(1.0, P.value().cwiseAbs().maxCoeff()) / l;
      CHECK(Q.step() == t);
      CHECK((Q.residual() - P.value()).norm() <= 1e-12 * scale);
      CHECK((Q.value() - (1 - P.value().array()).matrix().cwiseQuotient(lambda)).norm() <= 1e-12 * scale);
      CHECK((Q.value() + differences.value().col(5).head(5)).norm() <= 1e-12 * scale);
      Q.advance();
      P.advance();
      differences.advance();
    }
  });
}

TEST_CASE("the iterates on a quadratic are x_0 less Q_t(H) times the first gradient") {
  const test::QuadraticCase c = test::random_quadratic(6, 1, l, L, false, 5);
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(c.problem.hessian_matrix(c.theta));
  const Matrix V = eigen.eigenvectors();
  for_each_method([&](const auto& solver, const Recurrence& recurrence) {
    InversePolynomial Q(recurrence, eigen.eigenvalues());
    for (Index t = 0; t < 40; ++t) Q.advance();
    const Vector g = V.transpose() * c.problem.gradient(c.x0, c.theta);
    const Vector x = solve(c.problem, solver, c.x0, c.theta, {.steps = 40}).x();
    CHECK((c.x0 - V * Q.value().cwiseProduct(g) - x).norm() <= 1e-11 * c.x0.norm());
  });
}

TEST_CASE("Q_t has all its digits where P_t is 1 to rounding") {
  InversePolynomial Q(GradientDescent{1}, Vector::Constant(1, 1e-14));
  for (int t = 0; t < 10; ++t) Q.advance();
  CHECK(Q.value()[0] == doctest::Approx(10 - 45e-14).epsilon(1e-15));
}

TEST_CASE("there must be an eigenvalue, and each must be finite") {
  const GradientDescent method{1};
  CHECK_THROWS_AS(InversePolynomial(method, Vector()), ShapeError);
  CHECK_THROWS_AS(InversePolynomial(method, Vector::Constant(1, std::nan(""))), DomainError);
  CHECK_THROWS_AS(InversePolynomial(GradientDescent{-1}, Vector::Ones(1)), DomainError);
}

}  // namespace
}  // namespace unroll
