#include "unroll/theory/recurrence.hpp"

namespace unroll {

MomentumRecurrence::MomentumRecurrence(std::function<MomentumCoefficients(Index)> coefficients)
    : coefficients_(std::move(coefficients)) {}

void MomentumRecurrence::operator()(Matrix& block, const TimesLambda& times_lambda) {
  if (t_ == 0) previous_ = block;
  const MomentumCoefficients c = coefficients_(t_++);
  Matrix next = block + c.momentum * (block - previous_) -
                c.step_size * times_lambda(block + c.extrapolation * (block - previous_));
  previous_ = std::exchange(block, std::move(next));
}

}  // namespace unroll
