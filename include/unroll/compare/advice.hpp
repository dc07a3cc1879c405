#pragma once

#include <string>

#include "unroll/compare/curse.hpp"

namespace unroll {

/// One sentence on a solver of a run that a practitioner can act on, without a newline: when f and the
/// Jacobian may be trusted, and what to do where that is late or never: run on, take the solver of the run
/// that does best, differentiate fewer steps, correct. "The start" is ∂x_0 = 0, of relative error 1. Every
/// number is one of the summaries', which hold for this problem and this start.
std::string advice(const SolverSummary& solver, const CurseResult& result);

/// The solver that serves the derivative best: of those that did not diverge and whose error falls to 1 %,
/// one without burn-in, then the one where it does so first. Null if there is none.
const SolverSummary* best_solver(const CurseResult& result);

}  // namespace unroll
