#pragma once

#include "unroll/derivative/method.hpp"

namespace unroll {

/// Unrolling, backwards, of the last step alone, of the last that was accepted and moved x: accurate for
/// solvers that converge superlinearly, Newton's among them; for others off by about the contraction factor
/// of a step (Bolte, Pauwels & Vaiter 2023). Where the solver has a `frozen_step` (see HasFrozenStep), it is
/// that which is differentiated. What the state carries unchanged since the first step is not cut: see
/// Reverse. The run itself is taken on plain arrays. @throws UnsupportedError if no step moved x.
struct OneStep {
  Certify certify = Certify::automatic;  // whether a derivative gets a certificate

  /// The run as a linear map.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const;
};

}  // namespace unroll
