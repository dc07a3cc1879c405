#pragma once

#include "unroll/derivative/method.hpp"

namespace unroll {

/// Central differences of the run in θ (and, for `vjp`, in x_0), for checks: 2 runs a direction, of as many
/// steps as the run at θ takes, x_0 moving with θ. The difference in direction i is h_i = step · |θ_i|, or
/// step where θ_i = 0, so that θ keeps its sign; entries of x that this moves by less than 1e-9 of themselves
/// are taken again with h_i = step, where f is defined there. In x_0, step · max(u, |x_i|), u the largest
/// entry of x_0 and x_T or 1, whichever is smaller. Error: h² times a third derivative of the run, plus the
/// run's rounding errors over h: at best about 1e-10, relative, at the default step, and often 1e-8. @throws
/// NumericalError if a run beside overflows sooner than the run itself, DomainError if θ ± h is outside the
/// problem's domain.
struct FiniteDifference {
  static constexpr bool follows_steps = true;  // the derivative is made of the steps that were taken
  double step = 6.055454452393343e-06;         // 2^(−52/3); > 0
  Certify certify = Certify::automatic;        // whether a derivative gets a certificate

  /// The run as a linear map. @throws DomainError unless the step is positive and finite.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const;
};

}  // namespace unroll
