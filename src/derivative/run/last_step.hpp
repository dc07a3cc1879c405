#pragma once

#include <memory>

#include "carried.hpp"

namespace unroll::detail {

/// A step at the end of a run, recorded as it is differentiated there.
struct LastStep {
  LastStep(Index start, Index step) : from(start), t(step) {}
  Segment segment{1};
  Index from;      // the step that it started from
  Index t;         // as what it was taken
  Vector state{};  // its state there, N, stacked

  /// The last that was accepted and moved x; entry: start, if it was the first, is at x_0. @throws
  /// UnsupportedError if there is none.
  static std::unique_ptr<LastStep> taken(Steps& steps, Steps::Entry entry);
  /// The step that would follow, taken as number T − 1, as solvers may have a constant for each; where that
  /// is refused, or gives x back as it is, the last that was taken.
  /// @throws UnsupportedError likewise.
  static std::unique_ptr<LastStep> next(Steps& steps);
  /// The one after that, where `next` is accepted. Null if it is refused, or gives x back as it is.
  static std::unique_ptr<LastStep> after_next(Steps& steps);
};

/// @throws UnsupportedError unless the state is as large after the step as before it.
void check_state_stays(const Segment& step);

}  // namespace unroll::detail
