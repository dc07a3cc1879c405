#include "estimates.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <utility>

namespace unroll::detail {

Estimates estimate(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                   Cost& cost) {
  constexpr Index most = 20;
  const Index n = x.size();
  const bool symmetric = problem.has_objective();
  // A = H, or JᵀJ of a root, J = ∂_xF: its inverse times Jᵀ F is Newton's step, too.
  const auto pull = [&](const Vector& w) -> Vector {
    cost.hessian_vector_products += 1;
    return checked_pull(problem, x, theta, w).dx;
  };
  const auto apply = [&](const Vector& v) -> Vector {
    if (symmetric) return pull(v);
    cost.hessian_vector_products += 1;
    return pull(checked_push(problem, x, theta, v, Matrix::Zero(theta.size(), 1)));
  };
  const Vector right = symmetric ? gradient : pull(gradient);
  const double norm = right.stableNorm();
  Matrix basis(n, std::min(n, most));
  basis.col(0) = norm > 0 ? Vector(right / norm) : Vector(Vector::Ones(n).normalized());
  Matrix projected = Matrix::Zero(basis.cols(), basis.cols());  // VᵀHV
  Index k = 0;
  while (k < basis.cols()) {
    Vector w = apply(basis.col(k));
    const double length = w.stableNorm();
    const auto known = basis.leftCols(k + 1);
    const auto orthogonal = [&](Vector v) -> Vector {
      v -= known * (known.transpose() * v);
      return v - known * (known.transpose() * v);
    };
    const Vector along = known.transpose() * w;
    w = orthogonal(std::move(w));
    projected.col(k).head(k + 1) = along;
    ++k;
    const double rest = w.stableNorm();
    constexpr double rounding = 1e-12;
    if (k == basis.cols()) break;
    // Once the gradient's part is exhausted: a flat direction in which it is 0 is seen from elsewhere.
    basis.col(k) = rest > rounding * length ? Vector(w / rest) : orthogonal(ad::uneven(n)).normalized();
  }
  const Matrix tridiagonal = projected.topLeftCorner(k, k).selfadjointView<Eigen::Upper>();
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(tridiagonal);
  const Vector ritz = eigen.eigenvalues();
  Vector step = Vector::Zero(n);
  if (ritz[0] > 0)  // −V (VᵀHV)⁻¹ Vᵀ ∇f
    step = -basis.leftCols(k) *
           (eigen.eigenvectors() * (eigen.eigenvectors().row(0).transpose().cwiseQuotient(ritz)));
  const double least = symmetric ? ritz[0] : std::sqrt(std::max(ritz[0], 0.0));
  return {least, step.norm() > 0 ? Vector(step.normalized()) : Vector(-basis.col(0))};
}

}  // namespace unroll::detail
