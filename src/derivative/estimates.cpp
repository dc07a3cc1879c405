#include "estimates.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>

namespace unroll::detail {

Estimates estimate(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                   Cost* cost) {
  constexpr Index most = 20;
  const Index n = x.size();
  const double norm = gradient.stableNorm();
  Matrix basis(n, std::min(n, most));
  basis.col(0) = norm > 0 ? Vector(gradient / norm) : Vector(Vector::Ones(n).normalized());
  Matrix projected = Matrix::Zero(basis.cols(), basis.cols());  // VᵀHV
  Index k = 0;
  while (k < basis.cols()) {
    if (cost != nullptr) cost->hessian_vector_products += 1;
    Vector w = checked_second_order(problem, x, theta, basis.col(k), Matrix::Zero(theta.size(), 1)).dx;
    const double length = w.stableNorm();
    const auto known = basis.leftCols(k + 1);
    Vector along = known.transpose() * w;
    w -= known * along;
    w -= known * (known.transpose() * w);
    projected.col(k).head(k + 1) = along;
    ++k;
    const double rest = w.stableNorm();
    constexpr double rounding = 1e-12;
    if (!(rest > rounding * length) || k == basis.cols()) break;
    basis.col(k) = w / rest;
  }
  const Matrix tridiagonal = projected.topLeftCorner(k, k).selfadjointView<Eigen::Upper>();
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(tridiagonal);
  const Vector ritz = eigen.eigenvalues();
  Vector step = Vector::Zero(n);
  if (ritz[0] > 0)  // −V (VᵀHV)⁻¹ Vᵀ ∇f
    step = -basis.leftCols(k) *
           (eigen.eigenvectors() * (eigen.eigenvectors().row(0).transpose().cwiseQuotient(ritz)));
  return {ritz[0], step.norm() > 0 ? Vector(step.normalized()) : Vector(-basis.col(0))};
}

}  // namespace unroll::detail
