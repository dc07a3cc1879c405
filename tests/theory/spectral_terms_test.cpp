#include "unroll/theory/spectral_terms.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "solver/random_quadratic.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

TEST_CASE("the commutator is 0 for matrices that commute, and at most the root of 2") {
  const Matrix A{{1.0, 2.0}, {2.0, -1.0}}, B{{0.0, 1.0}, {1.0, 0.0}};
  CHECK(commutator(Matrix::Identity(2, 2), A) == 0);
  CHECK(commutator(A, A) == 0);
  CHECK(commutator(Matrix::Zero(2, 2), A) == 0);
  CHECK(commutator(Matrix{{1.0, 0.0}, {0.0, -1.0}}, B) == doctest::Approx(std::sqrt(2.0)));
  CHECK_THROWS_AS(commutator(Matrix::Ones(2, 2), Matrix::Ones(3, 3)), ShapeError);
  CHECK_THROWS_AS(commutator(Matrix::Ones(2, 3), Matrix::Ones(2, 2)), ShapeError);
}

TEST_CASE("in the eigenbasis, the terms are those of the problem and the start") {
  const test::QuadraticCase c = test::random_quadratic(5, 2, 0.1, 2, false, 4);
  const SpectralTerms s = spectral_terms(c.problem, c.x0, c.theta, c.dx0);
  const Matrix& V = s.eigenvectors;
  const Matrix H = c.problem.hessian_matrix(c.theta);
  CHECK((V * s.eigenvalues.asDiagonal() * V.transpose() - H).norm() <= 1e-13);
  CHECK((H * s.minimiser + c.problem.linear_term(c.theta)).norm() <= 1e-13);
  CHECK((V * s.gap - (c.x0 - s.minimiser)).norm() <= 1e-12);
  CHECK((V * s.jacobian_gap - (c.dx0 - c.problem.minimiser_jacobian(c.theta))).norm() <= 1e-11);
  for (Index i = 0; i < 2; ++i) {
    const Matrix dH = c.problem.hessian_derivative(i, c.theta);
    CHECK((V * s.forcing.col(i) - dH * (c.x0 - s.minimiser)).norm() <= 1e-12);
    CHECK((V * s.hessian_derivatives[static_cast<std::size_t>(i)] * V.transpose() - dH).norm() <= 1e-12);
  }
  CHECK_FALSE(s.commuting());
  const test::QuadraticCase d = test::random_quadratic(5, 2, 0.1, 2, true, 4);
  CHECK(spectral_terms(d.problem, d.x0, d.theta).commuting());
}

TEST_CASE("a start that does not fit the model is refused") {
  const test::QuadraticCase c = test::random_quadratic(3, 1, 0.1, 2, false, 4);
  const QuadraticModel model = quadratic_model(c.problem, c.theta);
  CHECK_THROWS_AS(spectral_terms(model, Vector::Ones(4)), ShapeError);
  CHECK_THROWS_AS(spectral_terms(model, c.x0, Matrix::Ones(3, 2)), ShapeError);
  CHECK_THROWS_AS(spectral_terms(model, Vector::Constant(3, std::nan(""))), DomainError);
  CHECK_THROWS_AS(quadratic_model(c.problem, Vector::Ones(2)), ShapeError);
}

}  // namespace
}  // namespace unroll
