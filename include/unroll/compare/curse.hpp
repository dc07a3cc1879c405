#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/compare/instance.hpp"
#include "unroll/compare/records.hpp"
#include "unroll/problem/cost.hpp"
#include "unroll/solver/status.hpp"
#include "unroll/theory/burn_in.hpp"
#include "unroll/types.hpp"

/// The experiment of the program curse_of_unrolling: how far is ∂x_t from ∂x* after t steps of a solver, and
/// do forward mode, reverse mode and the closed form agree on it?
namespace unroll {

/// η of the Sobolev method: estimated as a user could, exact for the instance, or given.
struct Eta {
  /// Where η comes from.
  enum class Kind {
    automatic,  // automatic_eta, which knows neither x* nor ∂x*
    oracle,     // its definition, with x* and ∂x*
    given,      // `value`
  };
  Kind kind = Kind::automatic;  // one of these
  double value = 0;             // ≥ 0, if given
};

/// Reads `auto`, `oracle` or a number. @throws DomainError unless the number is finite and ≥ 0.
Eta parse_eta(std::string_view text);

/// What happens at the moment: a stage of one solver, and about which fraction of all the work is done.
struct CurseProgress {
  std::string_view solver;  // its name
  std::string_view stage;   // in words
  double fraction;          // of the work on all solvers, 0 … 1
};

/// Every x_t and ∂x_t of a run is kept: about 1 kB a step at n = 30.
inline constexpr Index most_steps = 1'000'000;

/// What to run: which solvers, how long, and the parameters of the Sobolev method.
struct CurseOptions {
  std::vector<std::string> solvers = {};  // names among solver_names(); empty: all
  Index steps = 2000;                     // 1 … most_steps
  double alpha = 0.5;      // of the Gegenbauer weight of the Sobolev method, see SobolevMeasure
  Eta eta = {};            // of the same
  bool corrected = false;  // whether the corrected Jacobian is followed too
  std::function<void(const CurseProgress&)> progress = {};  // told how far the work is
  std::stop_token stop = {};  // where a stop is requested, the solvers that are not finished are left out
};

/// A run of which only the last steps are differentiated: ∂x_s := 0 at step s.
struct LateStart {
  Index skipped = 0;  // s
  double error = 0;   // of the Jacobian at the last step
};

/// The errors ‖J_t − ∂x*‖_F/‖∂x*‖_F of a solver's corrected Jacobians (see CorrectedForm).
struct CorrectedSummary {
  double peak_error = 0;                             // the largest
  Index peak_step = 0;                               // where
  double final_error = 0;                            // at the last step
  std::optional<Index> error_settled_at_start = {};  // ≤ 1, see SolverSummary
  std::optional<Index> error_settled = {};           // ≤ 0.01
  std::optional<BurnInPrediction> burn_in = {};      // as SolverSummary's
  double largest_gap = 0;  // of the tape's J_t from that of the closed form or of forward mode, over ‖∂x*‖

  /// As SolverSummary's.
  bool has_burn_in() const { return peak_error > 1.01; }
};

/// What one solver did. Errors are ‖∂x_t − ∂x*‖_F/‖∂x*‖_F, so 1 is ∂x_0 = 0; "settled" is the first t from
/// which on the quantity stays at or below the level, none if it is above at the end.
struct SolverSummary {
  std::string solver;     // its name
  std::size_t style = 0;  // its place among solver_names(), so that figures of different runs show it alike
  Status status = Status::step_limit;              // how the run ended
  Index steps = 0;                                 // with a finite result
  double peak_error = 0;                           // the largest
  Index peak_step = 0;                             // where
  std::optional<double> predicted_peak_step = {};  // theory/burn_in
  std::optional<BurnInPrediction> burn_in =
      {};                          // on a quadratic, where the step is predicted: errors over ‖∂x*‖
  double final_error = 0;          // at t = steps
  double final_suboptimality = 0;  // at t = steps
  std::optional<Index> error_settled_at_start = {};    // ≤ 1
  std::optional<Index> error_settled = {};             // ≤ 0.01
  std::optional<Index> suboptimality_settled = {};     // ≤ 0.01
  std::optional<LateStart> late_start = {};            // measured if there is burn-in and no error_settled
  double largest_reverse_gap = 0;                      // see Record
  std::optional<double> largest_closed_form_gap = {};  // see Record
  std::string formula = {};   // of the closed form: commuting or general; empty without one
  std::string settings = {};  // how its parameters were chosen
  Cost preparation = {};      // of estimating the solver's parameters
  Cost forward = {};          // of ∂x_t for every t
  Cost reverse = {};          // of ∂x_T, T = steps
  std::optional<CorrectedSummary> corrected = {};  // where asked for

  /// Whether the error exceeds that of the start; a peak within 1 % of it is a rounded 1.
  bool has_burn_in() const { return peak_error > 1.01; }
};

/// What a run of the experiment gives: every step, and a summary of each solver.
struct CurseResult {
  std::vector<Record> records = {};           // solver by solver, t = 0 … steps
  std::vector<SolverSummary> summaries = {};  // in the order asked for
  std::vector<std::string> missing = {};      // solvers that a stop left out
};

/// The solvers that the experiment knows, in the order in which they are shown.
std::vector<std::string> solver_names();

/// @throws DomainError if a solver is unknown (the message lists the known ones) or named twice, steps < 1 or
/// alpha or eta is outside its domain.
void check(const CurseOptions& options);

/// Where reverse mode is compared: every t ≤ 50 and 64 log-spaced t beyond, `steps` included.
std::vector<Index> reverse_steps(Index steps);

/// Runs the solvers on the instance, ∂x_0 = 0. Step sizes come from instance.spectrum and are frozen with
/// respect to θ. A run whose iterate or Jacobian stops being finite ends there, with Status::non_finite.
/// @throws DomainError as check, or if x_0 = x*.
CurseResult run_curse(const Instance& instance, const CurseOptions& options);

}  // namespace unroll
