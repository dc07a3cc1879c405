#include "unroll/problem/spectrum.hpp"

#include <fmt/core.h>

#include <Eigen/Eigenvalues>

#include "unroll/error.hpp"

namespace unroll {

Spectrum spectrum(const Matrix& H) {
  if (H.rows() != H.cols() || H.size() == 0) {
    throw ShapeError(
        fmt::format("spectrum: H is {}x{}, it must be square and not empty", H.rows(), H.cols()));
  }
  if (!H.allFinite()) throw DomainError("spectrum: H has an entry that is not finite");
  const double asymmetry = (H - H.transpose()).norm(), scale = H.norm();
  if (asymmetry > 1e-10 * scale) {
    throw DomainError(
        fmt::format("spectrum: H is not symmetric, ‖H − Hᵀ‖ = {:.3g} for ‖H‖ = {:.3g}", asymmetry, scale));
  }
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(H, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success)
    throw NumericalError("spectrum: the eigenvalue iteration did not converge");
  return {solver.eigenvalues()[0], solver.eigenvalues()[H.rows() - 1]};
}

}  // namespace unroll
