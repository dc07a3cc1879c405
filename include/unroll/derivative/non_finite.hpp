#pragma once

#include <optional>
#include <string>

#include "unroll/ad/tape_log.hpp"
#include "unroll/derivative/steps_of.hpp"

namespace unroll {

/// Where a run, or its derivative, stopped being finite.
struct NonFiniteStep {
  enum class Direction { forwards, backwards };
  Direction direction;  // in the step itself, or in its pullback
  Index step;           // its number, from 1: it makes x_step
  NonFinite made;       // the operation within it
  std::string str() const;
};

namespace detail {
/// See check/trace.hpp.
std::optional<NonFiniteStep> trace_non_finite(StepsPtr steps);
}  // namespace detail

}  // namespace unroll
