#include "unroll/compare/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace unroll {
namespace {

bool diverged(const SolverSummary& s) { return s.status == Status::non_finite; }

bool reaches_one_percent(const SolverSummary& s) { return !diverged(s) && s.error_settled.has_value(); }

/// Whether a derivative is better taken through `a` than through `b`.
bool is_better(const SolverSummary& a, const SolverSummary& b) {
  if (reaches_one_percent(a) != reaches_one_percent(b)) return reaches_one_percent(a);
  if (!reaches_one_percent(a)) return false;
  return std::pair(a.has_burn_in(), *a.error_settled) < std::pair(b.has_burn_in(), *b.error_settled);
}

/// `, or use sobolev, whose Jacobian is within 1 % from t = 160`: if that is better.
std::string alternative(const SolverSummary& s, const CurseResult& result) {
  const SolverSummary* best = best_solver(result);
  if (best == nullptr || !is_better(*best, s)) return "";
  const std::string price =
      best->has_burn_in() ? fmt::format(" and at worst {:.3g} times as wrong as the start", best->peak_error)
                          : std::string();
  return fmt::format(", or use {}, whose Jacobian is within 1 % from t = {}{}", best->solver,
                     *best->error_settled, price);
}

/// What to do where the error is not down to 1 % at the end.
std::string remedies(const SolverSummary& s, const CurseResult& result) {
  std::string text = "; run longer" + alternative(s, result);
  if (s.late_start && s.late_start->error < std::min(s.final_error, 1.0)) {
    text += fmt::format(
        ", or do not differentiate the first {} steps, which leaves an error of {:.3g} instead of {:.3g}",
        s.late_start->skipped, s.late_start->error, s.final_error);
  }
  return text;
}

/// That f looks done while the Jacobian is still worse than at the start.
std::string objective_is_earlier(const SolverSummary& s) {
  const bool earlier = s.suboptimality_settled &&
                       (!s.error_settled_at_start || *s.suboptimality_settled < *s.error_settled_at_start);
  return earlier ? fmt::format(", though f is down to 1 % from t = {}", *s.suboptimality_settled) : "";
}

std::string burn_in_advice(const SolverSummary& s, const CurseResult& result) {
  const std::string until =
      s.error_settled_at_start
          ? fmt::format("until t = {}", *s.error_settled_at_start)
          : fmt::format("at the end, t = {}{}", s.steps, s.peak_step == s.steps ? ", and still growing" : "");
  const std::string text =
      fmt::format("the Jacobian is worse than the start {} ({:.3g} times as wrong at t = {}){}", until,
                  s.peak_error, s.peak_step, objective_is_earlier(s));
  if (!s.error_settled) {
    const std::string missed = s.error_settled_at_start
                                   ? fmt::format(", and is not down to 1 % within {} steps", s.steps)
                                   : std::string();
    return text + missed + remedies(s, result);
  }
  return text + fmt::format("; run to t = {} or beyond, where it is within 1 %", *s.error_settled) +
         alternative(s, result);
}

std::string calm_advice(const SolverSummary& s, const CurseResult& result) {
  if (!s.error_settled) {
    return fmt::format(
               "safe from the start, but the Jacobian is not down to 1 % within {} steps ({:.3g} at the "
               "end)",
               s.steps, s.final_error) +
           remedies(s, result);
  }
  const std::string objective = s.suboptimality_settled
                                    ? fmt::format(", f from t = {}", *s.suboptimality_settled)
                                    : fmt::format(", f not within {} steps", s.steps);
  const SolverSummary* best = best_solver(result);
  const std::string faster =
      best != nullptr && is_better(*best, s)
          ? fmt::format("; {} is there from t = {}", best->solver, *best->error_settled)
          : std::string();
  return fmt::format("safe from the start; the Jacobian is within 1 % from t = {}{}{}", *s.error_settled,
                     objective, faster);
}

/// What the correction makes of it: from when on the Jacobian is good, and how bad it is until then.
std::string correction(const SolverSummary& s) {
  if (!s.corrected || diverged(s)) return "";
  const CorrectedSummary& c = *s.corrected;
  const std::string good =
      c.error_settled
          ? fmt::format("within 1 % from t = {}", *c.error_settled)
          : fmt::format("not down to 1 % within {} steps ({:.3g} at the end)", s.steps, c.final_error);
  const std::string bad =
      c.has_burn_in()
          ? fmt::format("at worst {:.3g} times as wrong as the start, at t = {}", c.peak_error, c.peak_step)
          : std::string("never worse than the start");
  return fmt::format("; corrected, the Jacobian is {}, and {}", good, bad);
}

std::string divergence_advice(const SolverSummary& s, const CurseResult& result) {
  return fmt::format(
             "diverged: at t = {} the iterate or the Jacobian is no longer finite; take a smaller step",
             s.steps + 1) +
         alternative(s, result);
}

}  // namespace

const SolverSummary* best_solver(const CurseResult& result) {
  const SolverSummary* best = nullptr;
  for (const SolverSummary& s : result.summaries) {
    if (reaches_one_percent(s) && (best == nullptr || is_better(s, *best))) best = &s;
  }
  return best;
}

std::string advice(const SolverSummary& s, const CurseResult& result) {
  const std::string name = s.settings.empty() ? s.solver : fmt::format("{} ({})", s.solver, s.settings);
  const auto judge = diverged(s) ? divergence_advice : s.has_burn_in() ? burn_in_advice : calm_advice;
  return name + ": " + judge(s, result) + correction(s) + ".";
}

}  // namespace unroll
