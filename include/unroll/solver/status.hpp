#pragma once

#include <string_view>

namespace unroll {

/// Why a run ended.
enum class Status {
  /// t = steps. No tolerance was set, or ‖x_{t+1} − x_t‖ > tolerance · max(1, ‖x_{t+1}‖) held at every step.
  step_limit,
  /// tolerance > 0 and ‖x_{t+1} − x_t‖ ≤ tolerance · max(1, ‖x_{t+1}‖); the run ends at x_{t+1}.
  converged,
  /// An entry of x_{t+1} is NaN or infinite; the run ends at x_t, the last iterate that is finite.
  non_finite,
};

/// One sentence: what happened, and what to do about it.
std::string_view describe(Status status);

}  // namespace unroll
