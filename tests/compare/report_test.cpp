#include "unroll/compare/report.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "compare/data_setup.hpp"
#include "support/texts.hpp"

using namespace unroll;
using test::contains;
using test::setup;

namespace {

/// A result made by hand: one solver with a peak, one without.
CurseResult some_result() {
  CurseResult result;
  for (const char* solver : {"burns", "calm"}) {
    for (Index t = 0; t <= 3; ++t) result.records.push_back({solver, t, 1.0 / double(t + 1), 1.0, {}, {}});
  }
  SolverSummary burns, calm;
  burns.solver = "burns";
  burns.steps = calm.steps = 3;
  burns.peak_error = 12.34;
  burns.peak_step = 2;
  calm.solver = "calm";
  calm.peak_error = 1;
  calm.settings = "η = 2";
  calm.preparation.hessian_vector_products = 4321;
  calm.error_settled = calm.suboptimality_settled = calm.error_settled_at_start = 1;
  result.summaries = {burns, calm};
  return result;
}

}  // namespace

TEST_CASE("the description names data, sizes, target, dropped columns, theta, spectrum and start") {
  const std::string text = describe(setup({.data = "digits", .theta = 0.25, .start_scale = 10}));
  for (const char* part : {"digits", "1797 rows", "61 columns", "target digit", "p00, p40, p47", "θ = 0.25",
                           "κ = ", "10 × ones"}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
  CHECK_FALSE(contains(text, "note"));
}

TEST_CASE("logistic regression comes with a warning about its spectrum") {
  const std::string text = describe(setup({.loss = "logistic"}));
  CHECK(contains(text, "spectrum of the Hessian at x*"));
  CHECK(contains(text, "0.22 there"));
  CHECK(contains(text, "3.33 at 0"));
}

TEST_CASE("the tables have a line for every solver") {
  for (const std::string& text : {burn_in_table(some_result()).str(), agreement_table(some_result()).str()}) {
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  }
  CHECK(contains(burn_in_table(some_result()).str(), "12.3"));
  CHECK(contains(agreement_table(some_result()).str(), "4321"));
}

TEST_CASE("the worst case of a burn-in is in brackets, with the reason, where it does not apply") {
  CurseResult result = some_result();
  SolverSummary& burns = result.summaries[0];
  burns.predicted_peak_step = 2;
  burns.burn_in = BurnInPrediction{.worst_case = {2, 15.25, {}}, .instance = {2, 12.34, {}}};
  CHECK(contains(burn_in_table(result).str(), " 15.2 "));
  CHECK_FALSE(contains(burn_in_table(result).str(), "("));
  burns.burn_in->worst_case.peak = 20;
  burns.predicted_peak_step = 21;
  CHECK(contains(burn_in_table(result).str(), "(15.2)  (21)"));
  CHECK(contains(burn_in_table(result).str(), "little weight"));
}

TEST_CASE("unrolled and corrected errors stand side by side where they were followed, and only there") {
  CurseResult result = some_result();
  CHECK_FALSE(corrected_table(result).has_value());
  CHECK(figures(setup({}), result)[0].title == "Error of the unrolled Jacobian");
  result.summaries[0].corrected = CorrectedSummary{.peak_error = 2.5, .peak_step = 1, .error_settled = 3};
  for (Record& record : result.records)
    if (record.solver == "burns") record.corrected_error = 0.25;
  const auto rows = corrected_table(result)->rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[1][1] == "12.3");
  CHECK(rows[1][2] == "2.5");
  CHECK(rows[1][5] == "–");
  CHECK(rows[1][6] == "3");
  const std::vector<Figure> drawn = figures(setup({}), result);
  REQUIRE(drawn[0].curves.size() == 3);
  CHECK(drawn[1].curves.size() == 2);
  CHECK(drawn[0].curves[1].label == "  corrected: 1 % from t = 3");
  CHECK(drawn[0].curves[1].stroke == Stroke::dotted);
  CHECK(drawn[0].curves[1].style == drawn[0].curves[0].style);
  CHECK(drawn[0].curves[1].y == std::vector<double>{0.25, 0.25, 0.25});
  CHECK(contains(drawn[0].title, "corrected"));
}

TEST_CASE("the figures show the peak of a solver that burns in, and start at t = 1") {
  const std::vector<Figure> drawn = figures(setup({}), some_result());
  REQUIRE(drawn.size() == 2);
  REQUIRE(drawn[0].curves.size() == 2);
  CHECK(drawn[0].curves[0].label == "burns: peak 12.3 at t = 2");
  CHECK(drawn[0].curves[0].marked == std::pair{2.0, 12.34});
  CHECK(drawn[0].curves[1].label == "calm");
  CHECK(drawn[1].curves[1].x == std::vector<double>{1, 2, 3});
  CHECK(drawn[1].curves[1].y[1] == doctest::Approx(1.0 / 3));
  CHECK(contains(drawn[0].subtitle, "breast_cancer_diagnostic (569 × 30)"));
}
