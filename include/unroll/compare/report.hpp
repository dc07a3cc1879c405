#pragma once

#include <string>
#include <vector>

#include "unroll/compare/curse.hpp"
#include "unroll/compare/plot.hpp"
#include "unroll/compare/setup.hpp"

/// What the program curse_of_unrolling prints and draws. Texts end in a newline.
namespace unroll {

/// The problem: data, loss, θ, spectrum, start point; for a problem that is not quadratic a warning about the
/// spectrum.
std::string describe(const Setup& setup);

/// Solver by solver: the peak of the Jacobian's error, where it is and was predicted, the errors at the end,
/// and how high the peak is in the worst case over starts of these norms; in brackets where this start is far
/// from the worst case, so that it predicts neither where nor how high.
std::string burn_in_table(const CurseResult& result);

/// Solver by solver: the cost of preparing the solver, of the Jacobian in forward and in reverse mode, and
/// how well the three ways agree.
std::string agreement_table(const CurseResult& result);

/// One sentence for each solver: when f and when the Jacobian may be trusted.
std::string advice(const CurseResult& result);

/// The Jacobian's error and the suboptimality over t.
std::vector<Figure> figures(const Setup& setup, const CurseResult& result);

}  // namespace unroll
