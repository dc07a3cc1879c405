#pragma once

#include <optional>
#include <string>
#include <vector>

#include "unroll/compare/curse.hpp"
#include "unroll/compare/plot.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/compare/table.hpp"

/// What the program curse_of_unrolling prints and draws.
namespace unroll {

/// The problem: data, loss, θ, spectrum, start point, and the warning about the spectrum.
std::string describe(const Setup& setup);

/// The warning about the spectrum, one paragraph without a newline; empty for a quadratic.
std::string spectrum_warning(const Instance& instance);

/// Solver by solver: the peak of the Jacobian's error, where it is and was predicted, the errors at the end,
/// and how high the peak is in the worst case over starts of these norms; in brackets where this start is far
/// from the worst case, so that it predicts neither where nor how high.
Table burn_in_table(const CurseResult& result);

/// Solver by solver: the cost of preparing the solver, of the Jacobian in forward and in reverse mode, and
/// how well the three ways agree.
Table agreement_table(const CurseResult& result);

/// Solver by solver, unrolled against corrected: the peak of the Jacobian's error, how high the corrected
/// one's is in the worst case over starts of these norms, from which t on it is within 1 %, what it is at the
/// end, and how well the tape agrees with the closed form or forward mode. Nothing where no solver was
/// corrected.
std::optional<Table> corrected_table(const CurseResult& result);

/// Says that the run was interrupted, and which solvers are missing; empty where none is.
std::string interruption(const CurseResult& result);

/// The Jacobian's error, unrolled and where it is there corrected, and the suboptimality over t.
std::vector<Figure> figures(const Setup& setup, const CurseResult& result);

}  // namespace unroll
