#pragma once

#include <functional>
#include <vector>

#include "unroll/derivative/steps.hpp"

namespace unroll::detail {

/// What the first step, or init, put into the state and no step changes.
///
/// A state may hold more than what its steps contract: a matrix made from θ when t = 0, an anchor x_0. Such
/// an array leaves a step as the very variable that entered, or is made anew and the same. Truncated,
/// one-step and implicit differentiation stop short of the step that made it; its cotangents, N×s at a state
/// of step `from`, are pulled back through the first step alone, to x_0, θ and what was prepared. Cotangents
/// of all other arrays are dropped. `state` is the stacked value of that state, N.
/// @throws UnsupportedError if the array is not what the first step left.
/// @{
Cotangents pull_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& cotangents,
                        const Vector& state, Index from);
/// The other way: tangents of the carried arrays, zero elsewhere, N×k, for θ̇ (p×k).
Matrix push_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& theta_dot,
                    const Vector& state, Index from);
/// @}

/// Tangents of the state through a step: Steps::push_step, push_last_step.
using PushStep = std::function<Matrix(const Matrix& state_dot)>;

/// The rows that the steps of a segment carry: Segment::carried; and those, but for the rows `aside`, whose
/// numbers stay and whose rows of ∂Φ are the identity's, which one product through the first step tells.
std::vector<Segment::Rows> carried_rows(const Segment& segment, const PushStep& push,
                                        const Segment::Rows& aside = {0, 0});

/// Which rows of the state no step of a sweep has changed, the last first, and that state where any are.
struct CarriedRows {
  std::vector<Segment::Rows> rows{};
  Vector state{};

  /// `push` is of the segment's first step, and asked of the last segment alone.
  void note(const Segment& segment, bool is_last, const PushStep& push);
};

}  // namespace unroll::detail
