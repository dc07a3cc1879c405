#pragma once

#include <memory>

#include "unroll/derivative/start.hpp"
#include "unroll/solver/run.hpp"

namespace unroll::detail {

/// A solver's steps on a problem, all that the ways to differentiate a run ask of it:
/// src/derivative/run/steps.hpp.
class Steps;
struct Cotangents;
struct DeleteSteps {
  void operator()(Steps* steps) const;
};
using StepsPtr = std::unique_ptr<Steps, DeleteSteps>;

/// Refers to `problem`. @throws ShapeError, DomainError for a start, θ or options that `run` refuses.
StepsPtr steps_of(const Problem& problem, AnySolverPtr solver, const Start& start, const Vector& theta,
                  const SolveOptions& options);

}  // namespace unroll::detail
