#include "unroll/theory/bounds.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

Vector eigenvalues(const Matrix& symmetric) {
  return Eigen::SelfAdjointEigenSolver<Matrix>(symmetric, Eigen::EigenvaluesOnly).eigenvalues();
}

}  // namespace

StartNorms start_norms(const SpectralTerms& terms) {
  double frobenius = 0, spectral = 0;
  Matrix squares = Matrix::Zero(terms.gap.size(), terms.gap.size());
  for (const Matrix& dH : terms.hessian_derivatives) {
    frobenius += dH.squaredNorm();
    spectral += eigenvalues(dH).cwiseAbs2().maxCoeff();
    squares += dH * dH;
  }
  const Matrix total = terms.eigenvalues.asDiagonal() * terms.jacobian_gap + terms.forcing;
  return {.gap = terms.gap.norm(),
          .jacobian_gap = terms.jacobian_gap.norm(),
          .forcing = terms.forcing.norm(),
          .total_derivative = total.norm(),
          .hessian_frobenius = std::sqrt(frobenius),
          .hessian_spectral = std::sqrt(spectral),
          .mixed_lipschitz = std::sqrt(std::max(0.0, eigenvalues(squares).maxCoeff())),
          .solution = terms.minimiser_jacobian.norm()};
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

double corrected_general_bound(const PolynomialMaxima& maxima, const StartNorms& start) {
  return maxima.value * (start.solution + maxima.inverse * start.mixed_lipschitz * start.gap);
}

double corrected_commuting_bound(const PolynomialMaxima& maxima, const StartNorms& start) {
  return maxima.value * start.solution + maxima.inverse_residual * start.forcing;
}

}  // namespace unroll
