#include "unroll/compare/html_report.hpp"

#include <fmt/format.h>

#include <utility>

#include "compare/html_style.hpp"
#include "unroll/compare/advice.hpp"
#include "unroll/compare/html.hpp"
#include "unroll/compare/report.hpp"
#include "unroll/version.hpp"

namespace unroll {
namespace {

std::string section(std::string_view heading, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escape_html(heading), content);
}

std::string paragraph(std::string_view style, const std::string& text) {
  return text.empty() ? "" : fmt::format("<p class=\"{}\">{}</p>\n", style, escape_html(text));
}

/// One sentence a solver, its name in bold.
std::string sentences(const CurseResult& result) {
  std::string text = "<ul class=\"advice\">\n";
  for (const SolverSummary& s : result.summaries) {
    text += fmt::format("<li><b>{}</b>{}</li>\n", escape_html(s.solver),
                        escape_html(advice(s, result).substr(s.solver.size())));
  }
  return text + "</ul>\n";
}

std::string figure(const Drawing& drawing) {
  const std::string svg = inline_svg(drawing.svg, drawing.name, drawing.title);
  if (svg.empty()) {
    const std::string reason = drawing.problem.empty() ? "it was not drawn" : drawing.problem;
    return paragraph("note", fmt::format("No picture of “{}”: {}.", drawing.title, reason));
  }
  return fmt::format(
      "<figure>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\n{1}</div>\n"
      "</figure>\n",
      escape_html(drawing.title), svg);
}

/// What it takes to run this again, and what that run is about.
std::string settings(const Setup& setup, const std::string& command) {
  const Instance& instance = setup.instance;
  const Spectrum& spectrum = instance.spectrum;
  const std::string dropped =
      setup.dropped.empty() ? "none" : fmt::format("{} (constant)", fmt::join(setup.dropped, ", "));
  const std::pair<const char*, std::string> facts[] = {
      {"program", fmt::format("unroll {}", version())},
      {"data set", setup.data},
      {"rows × columns", fmt::format("{} × {}", setup.rows, setup.columns)},
      {"dropped columns", dropped},
      {"target", setup.target},
      {"loss", fmt::format("{}, θ = {}", setup.loss, instance.theta[0])},
      {"start", fmt::format("x₀ = {}, ∂x₀ = 0", setup.start)},
      {"ℓ, smallest eigenvalue", fmt::format("{:.6g}", spectrum.smallest)},
      {"L, largest eigenvalue", fmt::format("{:.6g}", spectrum.largest)},
      {"κ = L/ℓ", fmt::format("{:.6g}", spectrum.condition_number())},
  };
  std::string text = fmt::format("<pre>{}</pre>\n<dl>\n", escape_html(command));
  for (const auto& [name, value] : facts) {
    text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, escape_html(value));
  }
  return text + "</dl>\n" + paragraph("note", spectrum_warning(instance));
}

}  // namespace

std::string html_report(const Setup& setup, const CurseResult& result, const std::vector<Drawing>& drawings,
                        const std::string& command) {
  const std::string title =
      escape_html(fmt::format("The curse of unrolling: {} regression on {}", setup.loss, setup.data));
  std::string pictures;
  for (const Drawing& drawing : drawings) pictures += figure(drawing);
  std::string body = fmt::format("<h1>{}</h1>\n", title);
  body +=
      "<p>How far is ∂x_t(θ), the derivative of a solver’s t-th iterate, from ∂x*(θ), the derivative of the "
      "solution?\nWhile the objective falls the derivative can first get worse: through which solver may you "
      "differentiate, and from which step on?</p>\n";
  if (!result.missing.empty()) body += paragraph("note", "This run was " + interruption(result) + ".");
  body += section("What to do", sentences(result));
  body += section("Error of the Jacobian, relative to ∂x*; 1 at the start",
                  html_table(burn_in_table(result), "Error of the Jacobian"));
  if (const auto corrected = corrected_table(result)) {
    body += section("The same, corrected: the sweep’s adjoints times the mixed derivative at the end alone",
                    html_table(*corrected, "Error of the corrected Jacobian"));
  }
  body += section("Step by step", pictures);
  body += section("Cost of the last Jacobian, and the largest difference of the ways to compute it",
                  html_table(agreement_table(result), "Cost and agreement"));
  body += section("Run it again", settings(setup, command));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
      title, html_style, body);
}

}  // namespace unroll
