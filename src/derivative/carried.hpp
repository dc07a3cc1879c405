#pragma once

#include "unroll/derivative/steps.hpp"

namespace unroll::detail {

/// What the first step, or init, put into the state and no step changes.
///
/// A state may hold more than what its steps contract: a matrix made from θ when t = 0, an anchor x_0. Such
/// an array leaves a step as the very variable that entered. Truncated, one-step and implicit differentiation
/// stop short of the step that made it; its cotangents, N×s at a state of step `from`, are pulled back
/// through the first step alone, to x_0, θ and what was prepared. Cotangents of all other arrays are dropped.
/// `state` is the stacked value of that state, N.
/// @throws UnsupportedError if the array is not what the first step left.
/// @{
Cotangents pull_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& cotangents,
                        const Vector& state, Index from);
/// The other way: tangents of the carried arrays, zero elsewhere, N×k, for θ̇ (p×k).
Matrix push_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& theta_dot,
                    const Vector& state, Index from);
/// @}

/// Which rows of the state no step of a sweep has made, the last first, and that state where any are.
struct CarriedRows {
  std::vector<Segment::Rows> rows{};
  Vector state{};

  void note(const Segment& segment, bool is_last);
};

}  // namespace unroll::detail
