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
/// Says in the record of a run that its derivative is not finite, and where that began, if what it takes to
/// look is at hand: memory for all states, 256 MiB at most, and steps that can be taken again.
void note_non_finite_derivative(Steps& steps);

}  // namespace detail
}  // namespace unroll
