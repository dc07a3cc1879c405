#include "unroll/compare/curse.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "compare/data_setup.hpp"
#include "support/temporary_directory.hpp"
#include "support/texts.hpp"
#include "support/worst.hpp"
#include "theory/reference.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/logistic.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/solve.hpp"

using namespace unroll;
using test::setup;

namespace {

const SolverSummary& summary(const CurseResult& result, const std::string& solver) {
  return *std::find_if(result.summaries.begin(), result.summaries.end(),
                       [&](const SolverSummary& s) { return s.solver == solver; });
}

/// |a − b| ≤ 1e-12 max(1, largest value of the curve) + 1e-9 |b| at every row of a reference file.
void check_against_reference(const std::string& file, const CurseResult& result) {
  std::map<std::pair<std::string, Index>, const Record*> records;
  for (const Record& record : result.records) records[{record.solver, record.t}] = &record;
  std::map<std::string, std::pair<test::Worst, test::Worst>> largest;
  const auto rows = test::reference_rows(file);
  for (const auto& row : rows) {
    auto& [suboptimality, error] = largest[row[0]];
    for (const double size : {1.0, std::stod(row[2])}) suboptimality.add(size);
    for (const double size : {1.0, std::stod(row[3])}) error.add(size);
  }
  for (const auto& row : rows) {
    const auto record = records.find({row[0], std::stol(row[1])});
    REQUIRE(record != records.end());
    const double suboptimality = std::stod(row[2]), error = std::stod(row[3]);
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    CHECK(std::abs(record->second->objective_suboptimality - suboptimality) <=
          1e-12 * largest[row[0]].first + 1e-9 * suboptimality);
    CHECK(std::abs(record->second->jacobian_error - error) <= 1e-12 * largest[row[0]].second + 1e-9 * error);
  }
  CHECK(largest.size() == 5);
  CHECK(largest.contains("sobolev"));
}

/// The same of corrected errors, at the rows of the solvers and steps that were run.
void check_corrected_against_reference(const std::string& file, const CurseResult& result) {
  std::map<std::pair<std::string, Index>, double> errors;
  for (const Record& record : result.records) errors[{record.solver, record.t}] = *record.corrected_error;
  std::map<std::string, test::Worst> largest;
  const auto rows = test::reference_rows(file);
  for (const auto& row : rows)
    for (const double size : {1.0, std::stod(row[2])}) largest[row[0]].add(size);
  int compared = 0;
  for (const auto& row : rows) {
    const auto error = errors.find({row[0], std::stol(row[1])});
    if (error == errors.end()) continue;
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    const double expected = std::stod(row[2]);
    CHECK(std::abs(error->second - expected) <= 1e-12 * largest[row[0]] + 1e-9 * expected);
    ++compared;
  }
  CHECK(compared >= 20);
}

/// Gaps are relative to ‖∂x*‖; where ‖∂x_t‖ is larger they may be larger in proportion.
void check_agreement(const CurseResult& result) {
  for (const Record& record : result.records) {
    CAPTURE(record.solver);
    CAPTURE(record.t);
    const double allowed = 1e-10 * std::max(1.0, record.jacobian_error);
    CHECK(record.reverse_forward_gap.value_or(0) <= allowed);
    CHECK(record.closed_form_gap.value_or(0) <= allowed);
  }
  for (const SolverSummary& s : result.summaries)
    if (s.corrected) CHECK(s.corrected->largest_gap <= 1e-10 * std::max(1.0, s.corrected->peak_error));
}

}  // namespace

TEST_CASE("ridge on auto_mpg meets the reference, and the three ways to the Jacobian agree") {
  const Setup problem = setup({.data = "auto_mpg", .start_scale = 10});
  const CurseResult result = run_curse(
      problem.instance, {.steps = 300, .eta = {Eta::Kind::given, 0.12886095865777727}, .corrected = true});
  check_against_reference("ridge_auto_mpg.csv", result);
  check_corrected_against_reference("corrected_ridge_auto_mpg.csv", result);
  check_agreement(result);
}

TEST_CASE("ridge on breast_cancer_diagnostic meets the reference, and burns in where the theory says") {
  const Setup problem = setup({});
  const CurseResult result =
      run_curse(problem.instance, {.steps = 1000, .eta = {Eta::Kind::given, 0.16464475651894514}});
  check_against_reference("ridge_breast_cancer_diagnostic.csv", result);
  check_agreement(result);
  CHECK(problem.instance.spectrum.condition_number() == doctest::Approx(1312).epsilon(1e-3));
  CHECK(summary(result, "gd-large").peak_step == 655);
  CHECK(summary(result, "gd-large").peak_error == doctest::Approx(13.5).epsilon(5e-3));
  CHECK(*summary(result, "gd-large").predicted_peak_step == doctest::Approx(655).epsilon(5e-3));
  CHECK(summary(result, "gd-large").burn_in->worst_case_applies());
  CHECK(summary(result, "gd-large").burn_in->instance.peak == 655);
  CHECK_FALSE(summary(result, "gd-short").burn_in->worst_case_applies());
  CHECK(summary(result, "chebyshev").peak_step == 37);
  CHECK(summary(result, "chebyshev").peak_error == doctest::Approx(19.5).epsilon(5e-3));
  CHECK(summary(result, "heavy-ball").peak_step == 54);
  CHECK(summary(result, "chebyshev").formula == "commuting");
  CHECK(summary(result, "chebyshev").forward.gradients == 1000);
  CHECK(summary(result, "chebyshev").reverse.hessian_vector_products == 1000 * 30);
}

TEST_CASE(
    "corrected, heavy ball and Chebyshev on breast_cancer_diagnostic meet the reference, and settle sooner") {
  const Setup problem = setup({});
  const CurseResult result =
      run_curse(problem.instance, {.solvers = {"heavy-ball", "chebyshev"}, .steps = 350, .corrected = true});
  check_corrected_against_reference("corrected_ridge_breast_cancer_diagnostic.csv", result);
  check_agreement(result);
  CHECK(summary(result, "heavy-ball").error_settled == 341);
  CHECK(summary(result, "heavy-ball").corrected->error_settled == 124);
  CHECK(summary(result, "heavy-ball").corrected->peak_error == doctest::Approx(5.4).epsilon(0.01));
  CHECK(summary(result, "chebyshev").error_settled == 243);
  CHECK(summary(result, "chebyshev").corrected->error_settled == 99);
  CHECK_FALSE(summary(result, "chebyshev").corrected->has_burn_in());
}

TEST_CASE("a record is made for every t, reverse mode is compared where it is due") {
  const Setup problem = setup({.data = "auto_mpg"});
  const CurseResult result = run_curse(problem.instance, {.solvers = {"nesterov"}, .steps = 120});
  REQUIRE(result.records.size() == 121);
  const std::vector<Index> at = reverse_steps(120);
  for (Index t = 0; t <= 120; ++t) {
    const Record& record = result.records[static_cast<std::size_t>(t)];
    CHECK(record.t == t);
    CHECK(record.reverse_forward_gap.has_value() == (std::find(at.begin(), at.end(), t) != at.end()));
    CHECK(record.closed_form_gap.has_value());
  }
  CHECK(result.records[0].jacobian_error == 1);
  CHECK(result.records[0].objective_suboptimality == 1);
  CHECK(result.records[120].reverse_forward_gap.has_value());
}

TEST_CASE("reverse mode is compared at every t up to 50 and at 64 log-spaced ones beyond") {
  CHECK(reverse_steps(1) == std::vector<Index>{0, 1});
  CHECK(reverse_steps(50).size() == 51);
  CHECK(reverse_steps(51).size() == 52);
  CHECK(reverse_steps(100000).size() == 51 + 64);
  CHECK(reverse_steps(100000).back() == 100000);
}

TEST_CASE(
    "on logistic regression the corrected Jacobian is followed at every t, by the tape and forwards alike") {
  const Setup problem = setup({.data = "breast_cancer_original", .loss = "logistic", .theta = 0.1});
  const CurseResult result = run_curse(
      problem.instance, {.solvers = {"heavy-ball", "chebyshev", "sobolev"}, .steps = 100, .corrected = true});
  check_agreement(result);
  for (const Record& record : result.records) CHECK(record.corrected_error.has_value());
  for (const SolverSummary& s : result.summaries) {
    CAPTURE(s.solver);
    CHECK(s.corrected->largest_gap > 0);
    CHECK(s.corrected->final_error <= 1e-8);
    CHECK(*s.corrected->error_settled <= *s.error_settled);
  }
}

TEST_CASE("nothing is corrected unless it is asked for") {
  const Setup problem = setup({.data = "auto_mpg"});
  const CurseResult result = run_curse(problem.instance, {.solvers = {"chebyshev"}, .steps = 10});
  CHECK_FALSE(result.summaries[0].corrected.has_value());
  CHECK_FALSE(result.records[10].corrected_error.has_value());
}

TEST_CASE("logistic regression converges to the implicit Jacobian, without a closed form") {
  const Setup problem = setup({.data = "breast_cancer_original", .loss = "logistic", .theta = 0.1});
  const CurseResult result = run_curse(problem.instance, {.solvers = {"gd-short", "nesterov"}, .steps = 200});
  for (const SolverSummary& s : result.summaries) {
    CHECK(s.final_error < 1e-8);
    CHECK(s.final_suboptimality < 1e-15);
    CHECK(s.formula.empty());
    CHECK_FALSE(s.largest_closed_form_gap.has_value());
  }
  check_agreement(result);
  CHECK(std::all_of(result.records.begin(), result.records.end(),
                    [](const Record& r) { return r.objective_suboptimality >= 0; }));
}

TEST_CASE("the sobolev solver says which eta it used, where it came from and what it cost") {
  const Setup problem = setup({.data = "auto_mpg", .start_scale = 10});
  const auto run = [&](const Eta& eta) {
    return run_curse(problem.instance, {.solvers = {"sobolev"}, .steps = 60, .eta = eta}).summaries[0];
  };
  const SolverSummary given = run({Eta::Kind::given, 0.25}), exact = run({Eta::Kind::oracle}),
                      automatic = run({});
  CHECK(given.settings == "α = 0.5, η = 0.25, given");
  CHECK(exact.settings == "α = 0.5, η = 0.1289, exact from x* and ∂x*");  // of the reference
  CHECK(automatic.settings.find("estimated") != std::string::npos);
  CHECK(exact.preparation.hessian_vector_products == 0);
  CHECK(automatic.preparation.hessian_vector_products > 0);
  CHECK(automatic.preparation.hessian_vector_products <= 45);
  CHECK(automatic.peak_error <= std::max(1.5, exact.peak_error));
  CHECK_FALSE(automatic.predicted_peak_step.has_value());
  CHECK(automatic.formula == "commuting");
}

TEST_CASE("the sobolev solver converges on logistic regression, and reverse mode is forward mode") {
  const Setup problem = setup({.data = "breast_cancer_original", .loss = "logistic", .theta = 0.1});
  Instance instance = problem.instance;
  const SpectrumEstimate estimate = estimate_spectrum(*instance.problem, instance.minimiser, instance.theta);
  CHECK(estimate.warning.empty());
  instance.spectrum = estimate.spectrum;
  const CurseResult result = run_curse(instance, {.solvers = {"sobolev"}, .steps = 200});
  CHECK(result.summaries[0].final_error < 1e-8);
  CHECK(result.summaries[0].final_suboptimality < 1e-15);
  check_agreement(result);
}

TEST_CASE("where the burn-in outlasts the run, fewer steps are differentiated, and that error is measured") {
  const Setup problem = setup({});
  const CurseResult result = run_curse(problem.instance, {.solvers = {"gd-short", "gd-large"}, .steps = 400});
  CHECK_FALSE(summary(result, "gd-short").late_start.has_value());
  const SolverSummary& large = summary(result, "gd-large");
  REQUIRE(large.late_start.has_value());
  CHECK(large.settings == "h = 2/(L+ℓ)");

  // ∂x_T from ∂x_s = 0 is the forward mode of the remaining steps from x_s.
  const Instance& i = problem.instance;
  const auto solver = GradientDescent::large_step(i.spectrum.smallest, i.spectrum.largest);
  const Index skipped = large.late_start->skipped;
  const Vector x = solve(*i.problem, solver, i.start, i.theta, {.steps = skipped}).x();
  const Derivative rest = jacobian(*i.problem, solver, x, i.theta, {.steps = 400 - skipped}, Forward{});
  CHECK(large.late_start->error == doctest::Approx(relative_error(rest.dx, i.jacobian)).epsilon(1e-9));
  CHECK(large.late_start->error < large.final_error);
}

TEST_CASE("a run that overflows ends at its last finite step and says so") {
  const auto problem = std::make_shared<LogisticProblem>(Matrix{{1e3}, {-1e3}, {1e3}}, Vector{{1, 1, 1}});
  Instance instance = make_instance(problem, Vector::Constant(1, 1.0), Vector::Constant(1, 1e3));
  instance.spectrum = {1e-3, 1e-3};  // steps far too long: the iterate grows a thousandfold each time
  const CurseResult result = run_curse(instance, {.solvers = {"gd-short"}, .steps = 500});
  CHECK(result.summaries[0].status == Status::non_finite);
  CHECK(result.summaries[0].steps < 500);
  CHECK(result.records.size() == static_cast<std::size_t>(result.summaries[0].steps) + 1);
  CHECK(std::isfinite(result.records.back().jacobian_error));
}

TEST_CASE("wrong options are refused in words that help") {
  using test::message_of;
  const auto refused = [](const CurseOptions& options) {
    return message_of<DomainError>([&] { check(options); });
  };
  CHECK(
      refused({.solvers = {"newton"}}).find("gd-short, gd-large, heavy-ball, nesterov, chebyshev, sobolev") !=
      std::string::npos);
  CHECK(refused({.solvers = {"gd-short", "gd-short"}}).find("twice") != std::string::npos);
  CHECK(refused({.steps = 0}).find("steps") != std::string::npos);
  CHECK(refused({.alpha = 0}).find("alpha") != std::string::npos);
  CHECK(refused({.alpha = NAN}).find("alpha") != std::string::npos);
  CHECK(refused({.eta = {Eta::Kind::given, -1}}).find("eta") != std::string::npos);
  CHECK(refused({}).empty());
}

TEST_CASE("eta is auto, oracle or a number that is not negative") {
  CHECK(parse_eta("auto").kind == Eta::Kind::automatic);
  CHECK(parse_eta("oracle").kind == Eta::Kind::oracle);
  CHECK(parse_eta("0.25").kind == Eta::Kind::given);
  CHECK(parse_eta("0.25").value == 0.25);
  for (const char* text : {"", "-1", "nan", "inf", "1x", "best"})
    CHECK_THROWS_AS(parse_eta(text), DomainError);
}
