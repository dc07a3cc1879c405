#include "unroll/compare/html_report.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "compare/html_checker.hpp"
#include "support/temporary_directory.hpp"
#include "support/texts.hpp"
#include "unroll/compare/advice.hpp"
#include "unroll/compare/html.hpp"
#include "unroll/compare/plot.hpp"
#include "unroll/compare/report.hpp"
#include "unroll/version.hpp"

using namespace unroll;
using test::contains;

namespace {

/// The text that a reader sees, its references resolved.
std::string visible(const std::string& html) {
  std::string text;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside) text += c;
    if (c == '>') inside = false;
  }
  for (const auto& [reference, character] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}}) {
    for (auto at = text.find(reference); at != std::string::npos; at = text.find(reference, at + 1))
      text.replace(at, std::string(reference).size(), character);
  }
  return text;
}

Setup some_setup(const std::string& data) {
  return set_up({.data = data, .data_directory = UNROLL_DATA_DIR});
}

}  // namespace

TEST_CASE(
    "the report of a run is one page with every sentence, cell, picture and setting, and no script or link") {
  const Setup setup = some_setup("digits");
  const CurseResult result =
      run_curse(setup.instance, {.solvers = {"gd-large", "sobolev"}, .steps = 30, .corrected = true});
  const test::TemporaryDirectory directory;
  std::vector<Drawing> drawings;
  for (const Figure& figure : figures(setup, result)) {
    const PlotResult drawn = plot(figure, directory.path());
    drawings.push_back({figure.name, figure.title,
                        drawn.files.empty() ? "" : test::content(directory.path() / drawn.files[0]),
                        drawn.problem});
  }
  const std::string page = html_report(setup, result, drawings, "program --data digits");
  CHECK(test::html_fault(page) == "");
  for (const char* absent : {"<script", "http", "<link", "<img", "@import", " src="}) {
    CAPTURE(absent);
    CHECK_FALSE(contains(page, absent));
  }
  const std::string text = visible(page);
  for (const SolverSummary& s : result.summaries) CHECK(contains(text, advice(s, result)));
  for (const Table& table : {burn_in_table(result), *corrected_table(result), agreement_table(result)}) {
    for (const auto& row : table.rows()) {
      for (const std::string& cell : row) CHECK(contains(page, ">" + escape_html(cell) + "</t"));
    }
  }
  for (const Drawing& drawing : drawings) {
    CHECK(contains(page, inline_svg(drawing.svg, drawing.name, drawing.title)));
    CHECK(contains(page, "No picture") == !drawing.problem.empty());
  }
  const Spectrum& spectrum = setup.instance.spectrum;
  for (const std::string& part :
       {std::string("program --data digits"), std::string("unroll ") + std::string(version()),
        std::string("1797 × 61"), std::string("p00, p40, p47 (constant)"),
        fmt::format("{:.6g}", spectrum.smallest), fmt::format("{:.6g}", spectrum.largest),
        fmt::format("{:.6g}", spectrum.condition_number())}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
}

TEST_CASE("names from data and command line cannot leave their place") {
  Setup setup = some_setup("auto_mpg");
  CurseResult result;
  const std::string nasty = "</style><script>alert(\"&'\")</script>";
  setup.data = setup.target = setup.start = setup.loss = nasty;
  setup.dropped = {nasty, "b"};
  result.summaries = {{.solver = nasty, .formula = nasty, .settings = nasty}};
  const std::string page =
      html_report(setup, result, {{nasty, nasty, "", nasty}, {nasty, nasty, "<svg></svg>", ""}}, nasty);
  CHECK(test::html_fault(page) == "");
  CHECK_FALSE(contains(page, "<script"));
  CHECK(contains(visible(page), nasty + " regression on " + nasty));
}

TEST_CASE("without pictures the report is whole, and says why there are none") {
  const Setup setup = some_setup("auto_mpg");
  const std::string page =
      html_report(setup, {}, {{"error", "Error", "", "gnuplot is not installed"}}, "program");
  CHECK(test::html_fault(page) == "");
  CHECK(contains(page, "No picture of “Error”: gnuplot is not installed."));
  CHECK_FALSE(contains(page, "<svg"));
}

TEST_CASE("the report of a problem that is not quadratic warns of its spectrum") {
  const Setup setup = set_up({.loss = "logistic", .data_directory = UNROLL_DATA_DIR});
  CHECK(contains(visible(html_report(setup, {}, {}, "")), spectrum_warning(setup.instance)));
  CHECK(spectrum_warning(setup.instance).size() > 0);
  CHECK(spectrum_warning(some_setup("auto_mpg").instance).empty());
}
