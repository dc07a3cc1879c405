#pragma once

#include <optional>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/non_finite.hpp"

namespace unroll {

/// The first operation that makes a NaN or an infinity: of the run, from x_0 on, or, where the run is finite,
/// of the sweep that pulls a dense cotangent of x_T back through all steps, from the last on. None if all is
/// finite. For looking into a run that went wrong: every state is kept, every step taken three times. Array
/// operations are named by their rules (see TapeLog), scalar ones by their numbers.
/// @throws ShapeError, DomainError as `jacobian`.
template <class S>
std::optional<NonFiniteStep> trace_non_finite(const Problem& problem, const S& solver, const Start& start,
                                              const Vector& theta, const SolveOptions& options = {}) {
  return detail::trace_non_finite(detail::steps_of(problem, solver, start, theta, options));
}

}  // namespace unroll
