#include "unroll/theory/closed_form.hpp"

#include "unroll/theory/polynomial_block.hpp"

namespace unroll {
namespace {

bool is_commuting(const SpectralTerms& terms, Formula formula) {
  return formula == Formula::commuting || (formula == Formula::automatic && terms.commuting());
}

}  // namespace

Index block_columns(const SpectralTerms& terms, Formula formula) {
  return is_commuting(terms, formula) ? 2 : 1 + terms.eigenvalues.size();
}

ClosedForm::ClosedForm(SpectralTerms terms, Recurrence recurrence, Formula formula)
    : terms_(std::move(terms)),
      recurrence_(std::move(recurrence)),
      commuting_(is_commuting(terms_, formula)),
      block_(first_block(terms_.eigenvalues, block_columns(terms_, formula))) {}

void ClosedForm::advance() {
  recurrence_(block_, [this](const Matrix& q) { return multiply_by_lambda(terms_.eigenvalues, q); });
  ++step_;
}

Vector ClosedForm::x() const {
  return terms_.minimiser + terms_.eigenvectors * block_.col(0).cwiseProduct(terms_.gap);
}

Matrix ClosedForm::jacobian() const {
  return terms_.minimiser_jacobian + terms_.eigenvectors * terms_.error(block_);
}

double ClosedForm::error() const { return terms_.error(block_).norm(); }

}  // namespace unroll
