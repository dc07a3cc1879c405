#include "unroll/theory/corrected_form.hpp"

namespace unroll {

CorrectedForm::CorrectedForm(SpectralTerms terms, Recurrence recurrence)
    : terms_(std::move(terms)),
      solution_(terms_.eigenvectors.transpose() * terms_.minimiser_jacobian),
      polynomial_(std::move(recurrence), terms_.eigenvalues) {}

Matrix CorrectedForm::drift() const {
  const Vector gap = polynomial_.residual().cwiseProduct(terms_.gap);
  Matrix drift(solution_.rows(), solution_.cols());
  for (Index i = 0; i < drift.cols(); ++i)
    drift.col(i) = terms_.hessian_derivatives[static_cast<std::size_t>(i)] * gap;
  return drift;
}

Matrix CorrectedForm::jacobian() const {
  const Matrix mixed = drift() - terms_.eigenvalues.asDiagonal() * solution_;
  return -(terms_.eigenvectors * (polynomial_.value().asDiagonal() * mixed));
}

double CorrectedForm::error() const {
  return (polynomial_.residual().asDiagonal() * solution_ + polynomial_.value().asDiagonal() * drift())
      .norm();
}

}  // namespace unroll
