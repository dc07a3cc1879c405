#include "unroll/compare/advice.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <tuple>

#include "unroll/compare/setup.hpp"

using namespace unroll;

namespace {

SolverSummary calm() {
  return {.solver = "calm",
          .steps = 100,
          .peak_error = 1,
          .final_error = 1e-4,
          .error_settled_at_start = 1,
          .error_settled = 60,
          .suboptimality_settled = 20};
}

SolverSummary burning() {
  return {.solver = "burning",
          .steps = 100,
          .peak_error = 12.3,
          .peak_step = 30,
          .final_error = 1e-3,
          .error_settled_at_start = 70,
          .error_settled = 90,
          .suboptimality_settled = 40};
}

std::string alone(const SolverSummary& s) { return advice(s, {.summaries = {s}}); }

/// The number after `phrase` in a text.
std::optional<Index> number_after(const std::string& text, const std::string& phrase) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(phrase + "(\\d+)"))) return std::nullopt;
  return std::stol(match[1]);
}

/// From which t on a quantity of a solver's records is at or below a level; none if it is above at the end.
std::optional<Index> settled(const CurseResult& result, const std::string& solver, double Record::*quantity,
                             double level) {
  std::optional<Index> from;
  for (const Record& record : result.records) {
    if (record.solver != solver) continue;
    if (record.*quantity > level) from.reset();
    if (record.*quantity <= level && !from) from = record.t;
  }
  return from;
}

}  // namespace

TEST_CASE("a solver without burn-in is called safe, and the sentence says when f and Jacobian are there") {
  CHECK(alone(calm()) == "calm: safe from the start; the Jacobian is within 1 % from t = 60, f from t = 20.");
  SolverSummary s = calm();
  s.suboptimality_settled.reset();
  s.settings = "h = 1/L";
  CHECK(
      alone(s) ==
      "calm (h = 1/L): safe from the start; the Jacobian is within 1 % from t = 60, f not within 100 steps.");
}

TEST_CASE("a solver that is safe but slow is sent on, or to one that gets there") {
  SolverSummary slow = calm();
  slow.error_settled.reset();
  slow.final_error = 0.25;
  CHECK(alone(slow) ==
        "calm: safe from the start, but the Jacobian is not down to 1 % within 100 steps (0.25 at "
        "the end); run longer.");
  CHECK(advice(slow, {.summaries = {slow, burning()}})
            .ends_with(
                "; run longer, or use burning, whose Jacobian is within 1 % from t = 90 and at worst 12.3 "
                "times as wrong as the start."));
}

TEST_CASE("a solver whose burn-in ends says until when, how bad it is, and that f misleads if it does") {
  CHECK(alone(burning()) ==
        "burning: the Jacobian is worse than the start until t = 70 (12.3 times as wrong at t = 30), though "
        "f is "
        "down to 1 % from t = 40; run to t = 90 or beyond, where it is within 1 %.");
  SolverSummary s = burning();
  s.suboptimality_settled = 80;
  CHECK(alone(s).find("though") == std::string::npos);
  s.error_settled.reset();
  CHECK(alone(s).ends_with(", and is not down to 1 % within 100 steps; run longer."));
  CHECK(advice(burning(), {.summaries = {burning(), calm()}})
            .ends_with(", or use calm, whose Jacobian is within 1 % from t = 60."));
}

TEST_CASE("a burn-in that outlasts the run says so, and whether it pays to differentiate fewer steps") {
  SolverSummary s = burning();
  s.error_settled_at_start.reset();
  s.error_settled.reset();
  s.final_error = 5;
  CHECK(alone(s) ==
        "burning: the Jacobian is worse than the start at the end, t = 100 (12.3 times as wrong at t = 30), "
        "though f is down to 1 % from t = 40; run longer.");
  s.late_start = LateStart{50, 0.5};
  CHECK(alone(s).ends_with(
      "; run longer, or do not differentiate the first 50 steps, which leaves an error of 0.5 "
      "instead of 5."));
  s.late_start = LateStart{50, 1.5};  // better, but still worse than the start
  CHECK(alone(s).ends_with("; run longer."));
  s.peak_step = 100;
  CHECK(alone(s).find("t = 100, and still growing (12.3") != std::string::npos);
}

TEST_CASE("a corrected solver says from when on that is good, and how bad it is before") {
  SolverSummary s = burning();
  const std::string unrolled = alone(s);
  s.corrected = CorrectedSummary{.peak_error = 1, .final_error = 1e-5, .error_settled = 40};
  CHECK(alone(s) ==
        unrolled.substr(0, unrolled.size() - 1) +
            "; corrected, the Jacobian is within 1 % from t = 40, and never worse than the start.");
  s.corrected = CorrectedSummary{.peak_error = 5.38, .peak_step = 7, .final_error = 0.25};
  CHECK(alone(s).ends_with(
      "; corrected, the Jacobian is not down to 1 % within 100 steps (0.25 at the end), and at worst 5.38 "
      "times as wrong as the start, at t = 7."));
  s.status = Status::non_finite;
  CHECK(alone(s).find("corrected") == std::string::npos);
}

TEST_CASE("a solver that diverged is never recommended, and says where it did") {
  SolverSummary s = calm();
  s.status = Status::non_finite;
  CHECK(alone(s) ==
        "calm: diverged: at t = 101 the iterate or the Jacobian is no longer finite; take a smaller step.");
  CHECK(advice(s, {.summaries = {s, burning()}}).find("or use burning") != std::string::npos);
  CHECK(advice(burning(), {.summaries = {s, burning()}}).find("use calm") == std::string::npos);
  CHECK(best_solver({.summaries = {s}}) == nullptr);
}

TEST_CASE(
    "no burn-in counts more than an early end, among equals the earlier wins, the winner is left alone") {
  SolverSummary early = burning(), later = calm();
  early.error_settled = 50;
  later.solver = "later";
  later.error_settled = 61;
  const CurseResult result{.summaries = {early, later, calm()}};
  CHECK(best_solver(result)->solver == "calm");
  CHECK(advice(calm(), result) == alone(calm()));
  CHECK(advice(later, result).ends_with("; calm is there from t = 60."));
  CHECK(best_solver({}) == nullptr);
}

TEST_CASE("what the sentences claim of measured runs holds at every record of them") {
  for (const auto& run : {std::tuple{"auto_mpg", 10.0, 300},
                          {"breast_cancer_diagnostic", 1.0, 400},
                          {"wine_quality_red", 10.0, 100}}) {
    const std::string data = std::get<0>(run);
    const double scale = std::get<1>(run);
    const Index steps = std::get<2>(run);
    CAPTURE(data);
    const Setup problem = set_up({.data = data, .start_scale = scale, .data_directory = UNROLL_DATA_DIR});
    const CurseResult result = run_curse(problem.instance, {.steps = steps});
    for (const SolverSummary& s : result.summaries) {
      const std::string text = advice(s, result);
      CAPTURE(text);
      const std::string own =
          text.substr(0, std::min(text.find(", or use"), text.find("; " + best_solver(result)->solver)));
      const double peak = std::max_element(result.records.begin(), result.records.end(),
                                           [&](const Record& a, const Record& b) {
                                             return (a.solver == s.solver ? a.jacobian_error : 0) <
                                                    (b.solver == s.solver ? b.jacobian_error : 0);
                                           })
                              ->jacobian_error;
      const auto below_start = settled(result, s.solver, &Record::jacobian_error, 1);
      const auto within = settled(result, s.solver, &Record::jacobian_error, 0.01);
      CHECK((own.find("safe from the start") != std::string::npos) == (peak <= 1.01));
      CHECK((own.find("worse than the start at the end") != std::string::npos) ==
            (peak > 1.01 && !below_start));
      CHECK(number_after(own, "worse than the start until t = ") ==
            (peak > 1.01 ? below_start : std::nullopt));
      CHECK(number_after(own, peak > 1.01 ? "run to t = " : "is within 1 % from t = ") == within);
      CHECK((own.find("run longer") != std::string::npos) == !within);
      if (const auto objective = number_after(own, "f is down to 1 % from t = "))
        CHECK(objective == settled(result, s.solver, &Record::objective_suboptimality, 0.01));
      if (const auto other = number_after(text, "or use [a-z-]+, whose Jacobian is within 1 % from t = "))
        CHECK(other == settled(result, best_solver(result)->solver, &Record::jacobian_error, 0.01));
    }
  }
}
