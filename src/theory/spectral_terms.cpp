#include "unroll/theory/spectral_terms.hpp"

#include <fmt/core.h>

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "unroll/error.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {
namespace {

void check_shape(const char* name, const auto& array, Index rows, Index cols) {
  if (array.rows() == rows && array.cols() == cols) return;
  throw ShapeError(
      fmt::format("closed form: {} is {}x{}, expected {}x{}", name, array.rows(), array.cols(), rows, cols));
}

Eigen::SelfAdjointEigenSolver<Matrix> eigen_decomposition(const Matrix& H) {
  Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
  if (eigen.info() != Eigen::Success)
    throw NumericalError("closed form: the eigenvalue iteration for H did not converge");
  if (!(eigen.eigenvalues()[0] > 0)) {
    throw NumericalError(
        fmt::format("closed form: H is not positive definite, its smallest eigenvalue is {:.3g}",
                    eigen.eigenvalues()[0]));
  }
  return eigen;
}

}  // namespace

double commutator(const Matrix& dH, const Matrix& H) {
  if (H.rows() != H.cols() || dH.rows() != H.rows() || dH.cols() != H.cols()) {
    throw ShapeError(
        fmt::format("commutator: dH is {}x{}, H is {}x{}", dH.rows(), dH.cols(), H.rows(), H.cols()));
  }
  const double scale = dH.norm() * H.norm();
  return scale == 0 ? 0 : (dH * H - H * dH).norm() / scale;
}

QuadraticModel quadratic_model(const QuadraticProblem& problem, const Vector& theta) {
  const Index n = problem.dimension(), p = problem.parameters();
  check_point(problem, Vector::Zero(n), theta, "closed form");
  QuadraticModel model{problem.hessian_matrix(theta), {}, {}, Matrix(n, p)};
  const Vector b = problem.linear_term(theta);
  check_shape("H", model.hessian, n, n);
  check_shape("b", b, n, 1);
  model.minimiser = problem.minimiser(theta);
  for (Index i = 0; i < p; ++i) {
    model.hessian_derivatives.push_back(problem.hessian_derivative(i, theta));
    const Vector db = problem.linear_term_derivative(i, theta);
    check_shape("the derivative of H", model.hessian_derivatives.back(), n, n);
    check_shape("the derivative of b", db, n, 1);
    model.mixed.col(i) = model.hessian_derivatives.back() * model.minimiser + db;
  }
  return model;
}

SpectralTerms spectral_terms(const QuadraticModel& model, const Vector& x0, const Matrix& dx0) {
  const Index n = model.minimiser.size(), p = model.mixed.cols();
  check_shape("x0", x0, n, 1);
  if (dx0.size() != 0) check_shape("dx0", dx0, n, p);
  if (!x0.allFinite()) throw DomainError("closed form: x0 has an entry that is not finite");
  if (!dx0.allFinite()) throw DomainError("closed form: dx0 has an entry that is not finite");
  const auto eigen = eigen_decomposition(model.hessian);
  const Matrix& V = eigen.eigenvectors();

  SpectralTerms r;
  r.minimiser = model.minimiser;
  r.minimiser_jacobian =
      -(V * eigen.eigenvalues().cwiseInverse().asDiagonal() * (V.transpose() * model.mixed));
  r.eigenvalues = eigen.eigenvalues();
  r.eigenvectors = V;
  r.gap = V.transpose() * (x0 - model.minimiser);
  r.jacobian_gap =
      V.transpose() * (dx0.size() == 0 ? Matrix(-r.minimiser_jacobian) : Matrix(dx0 - r.minimiser_jacobian));
  r.forcing.resize(n, p);
  r.commutator = 0;
  for (Index i = 0; i < p; ++i) {
    const Matrix& dH = model.hessian_derivatives[static_cast<std::size_t>(i)];
    r.forcing.col(i) = V.transpose() * (dH * (x0 - model.minimiser));
    r.hessian_derivatives.push_back(V.transpose() * dH * V);
    r.commutator = std::max(r.commutator, unroll::commutator(dH, model.hessian));
  }
  return r;
}

SpectralTerms spectral_terms(const QuadraticProblem& problem, const Vector& x0, const Vector& theta,
                             const Matrix& dx0) {
  check_point(problem, x0, theta, "closed form");
  return spectral_terms(quadratic_model(problem, theta), x0, dx0);
}

Matrix SpectralTerms::error(const Matrix& block) const {
  Matrix error = block.col(0).asDiagonal() * jacobian_gap;
  if (block.cols() == 2) return error + block.col(1).asDiagonal() * forcing;
  for (Index i = 0; i < error.cols(); ++i) {
    const Matrix& dH = hessian_derivatives[static_cast<std::size_t>(i)];
    error.col(i) += block.rightCols(block.rows()).cwiseProduct(dH) * gap;
  }
  return error;
}

}  // namespace unroll
