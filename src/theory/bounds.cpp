#include "unroll/theory/bounds.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace unroll {

StartNorms start_norms(const SpectralTerms& terms) {
  double frobenius = 0, spectral = 0;
  for (const Matrix& dH : terms.hessian_derivatives) {
    frobenius += dH.squaredNorm();
    const Vector eigenvalues =
        Eigen::SelfAdjointEigenSolver<Matrix>(dH, Eigen::EigenvaluesOnly).eigenvalues();
    spectral += eigenvalues.cwiseAbs2().maxCoeff();
  }
  const Matrix total = terms.eigenvalues.asDiagonal() * terms.jacobian_gap + terms.forcing;
  return {terms.gap.norm(), terms.jacobian_gap.norm(), terms.forcing.norm(),
          total.norm(),     std::sqrt(frobenius),      std::sqrt(spectral)};
}

double commuting_bound(const PolynomialMaxima& maxima, const StartNorms& start) {
  return std::min(maxima.difference * start.jacobian_gap + maxima.derivative * start.total_derivative,
                  maxima.value * start.jacobian_gap + maxima.derivative * start.forcing);
}

double general_bound(const PolynomialMaxima& maxima, const StartNorms& start) {
  const double growth = std::isfinite(maxima.matrix_derivative)
                            ? std::min(maxima.matrix_derivative * start.hessian_spectral,
                                       maxima.derivative * start.hessian_frobenius)
                            : maxima.derivative * start.hessian_frobenius;
  return maxima.value * start.jacobian_gap + growth * start.gap;
}

}  // namespace unroll
