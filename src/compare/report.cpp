#include "unroll/compare/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "unroll/compare/metrics.hpp"
#include "unroll/problem/quadratic.hpp"

namespace unroll {
namespace {

std::string brief(double value) { return fmt::format("{:.3g}", value); }
std::string brief(const std::optional<double>& value) { return value ? brief(*value) : "–"; }

bool is_quadratic(const Instance& instance) {
  return dynamic_cast<const QuadraticProblem*>(instance.problem.get()) != nullptr;
}

std::string subtitle(const Setup& setup) {
  return fmt::format("{} on {} ({} × {}) · θ = {} · x₀ = {} · κ = {:.4g}", setup.loss, setup.data, setup.rows,
                     setup.columns, setup.instance.theta[0], setup.start,
                     setup.instance.spectrum.condition_number());
}

/// One quantity of one solver over t ≥ 1; of a long run no more points than a figure can show.
template <class Quantity>
Curve curve(const CurseResult& result, const SolverSummary& summary, Quantity quantity) {
  constexpr Index most_points = 4000;
  const auto first = std::find_if(result.records.begin(), result.records.end(),
                                  [&](const Record& record) { return record.solver == summary.solver; });
  Curve curve;
  curve.style = summary.style;
  for (const Index t : log_spaced(1, summary.steps, most_points)) {
    curve.x.push_back(static_cast<double>(t));
    curve.y.push_back(quantity(first[t]));
  }
  return curve;
}

Curve corrected_curve(const CurseResult& result, const SolverSummary& s) {
  Curve c = curve(result, s, [](const Record& r) { return r.corrected_error.value_or(0); });
  c.stroke = Stroke::dotted;
  c.label = "  corrected";
  if (s.corrected->error_settled) c.label += fmt::format(": 1 % from t = {}", *s.corrected->error_settled);
  return c;
}

bool any_corrected(const CurseResult& result) {
  return std::any_of(result.summaries.begin(), result.summaries.end(),
                     [](const SolverSummary& s) { return s.corrected.has_value(); });
}

}  // namespace

/// The Hessian of logistic regression changes on the way; at 0 it is AᵀA/(4m) + θ, its largest anywhere.
std::string spectrum_warning(const Instance& instance) {
  if (is_quadratic(instance)) return "";
  const auto largest_at = [&](const Vector& x) {
    return spectrum(instance.problem->hessian(x, instance.theta)).largest;
  };
  const double safe = largest_at(Vector::Zero(instance.start.size()));
  return fmt::format(
      "step sizes use the spectrum of the Hessian at x*. Its largest eigenvalue is {:.3g} there, {:.3g} at "
      "x0 "
      "and {:.3g} at 0: early growth need not be burn-in, and convergence is not guaranteed. Safe is "
      "L = λ_max(AᵀA)/(4m) + θ = {:.3g} with ℓ = θ = {}.",
      instance.spectrum.largest, largest_at(instance.start), safe, safe, instance.theta[0]);
}

std::string describe(const Setup& setup) {
  const Instance& instance = setup.instance;
  const std::string dropped =
      setup.dropped.empty() ? "" : fmt::format(", constant and dropped: {}", fmt::join(setup.dropped, ", "));
  return fmt::format(
             "data     {}: {} rows, {} columns, target {}{}\n"
             "problem  {}, θ = {}, spectrum of the Hessian{} [{:.4g}, {:.4g}], κ = {:.4g}\n"
             "start    x0 = {}, ∂x0 = 0\n",
             setup.data, setup.rows, setup.columns, setup.target, dropped, setup.loss, instance.theta[0],
             is_quadratic(instance) ? "" : " at x*", instance.spectrum.smallest, instance.spectrum.largest,
             instance.spectrum.condition_number(), setup.start) +
         (is_quadratic(instance) ? "" : "note     " + spectrum_warning(instance) + "\n");
}

Table burn_in_table(const CurseResult& result) {
  Table table({"solver", "peak error", "at t", "worst case", "at t", "≤ 1 from t", "last t", "error",
               "suboptimality"});
  bool applies_to_all = true;
  for (const SolverSummary& s : result.summaries) {
    const bool applies = !s.burn_in || s.burn_in->worst_case_applies();
    applies_to_all = applies_to_all && applies;
    const auto predicted = [&](const std::string& cell) { return applies ? cell : "(" + cell + ")"; };
    const std::string below = s.error_settled_at_start ? fmt::format("{}", *s.error_settled_at_start) : "–";
    table.add_row({s.solver, brief(s.peak_error), fmt::format("{}", s.peak_step),
                   s.burn_in ? predicted(brief(s.burn_in->worst_case.height)) : "–",
                   s.predicted_peak_step ? predicted(fmt::format("{:.0f}", *s.predicted_peak_step)) : "–",
                   below, fmt::format("{}", s.steps), brief(s.final_error), brief(s.final_suboptimality)});
  }
  if (!applies_to_all) {
    table.set_footnote("(…) this start is far from the worst case: it has little weight where |P'| is large");
  }
  return table;
}

Table agreement_table(const CurseResult& result) {
  Table table({"solver", "gradients", "Hv prepared", "Hv forward", "Hv reverse", "tape KiB",
               "reverse − forward", "closed form − forward", "formula"});
  for (const SolverSummary& s : result.summaries) {
    table.add_row({s.solver, fmt::format("{}", s.preparation.gradients + s.forward.gradients),
                   fmt::format("{}", s.preparation.hessian_vector_products),
                   fmt::format("{}", s.forward.hessian_vector_products),
                   fmt::format("{}", s.reverse.hessian_vector_products),
                   fmt::format("{:.0f}", static_cast<double>(s.reverse.tape_bytes) / 1024),
                   brief(s.largest_reverse_gap), brief(s.largest_closed_form_gap),
                   s.formula.empty() ? "–" : s.formula});
  }
  return table;
}

std::optional<Table> corrected_table(const CurseResult& result) {
  if (!any_corrected(result)) return std::nullopt;
  Table table({"solver", "peak: unrolled", "corrected", "at t", "worst case", "≤ 1 % from t: unrolled",
               "corrected", "last t", "error: unrolled", "corrected", "tape − formula"});
  const auto step = [](const std::optional<Index>& t) { return t ? fmt::format("{}", *t) : "–"; };
  for (const SolverSummary& s : result.summaries) {
    if (!s.corrected) continue;
    const CorrectedSummary& c = *s.corrected;
    table.add_row({s.solver, brief(s.peak_error), brief(c.peak_error), fmt::format("{}", c.peak_step),
                   c.burn_in ? brief(c.burn_in->worst_case.height) : "–", step(s.error_settled),
                   step(c.error_settled), fmt::format("{}", s.steps), brief(s.final_error),
                   brief(c.final_error), brief(c.largest_gap)});
  }
  return table;
}

std::string interruption(const CurseResult& result) {
  if (result.missing.empty()) return "";
  return fmt::format("interrupted before it was done; missing: {}", fmt::join(result.missing, ", "));
}

std::vector<Figure> figures(const Setup& setup, const CurseResult& result) {
  Figure error, objective;
  error.name = "jacobian_error";
  error.title = "Error of the unrolled Jacobian";
  error.y_label = "‖∂x_t − ∂x*‖ / ‖∂x*‖";
  if (any_corrected(result)) error.title = "Error of the Jacobian, unrolled and (dotted) corrected";
  objective.name = "objective_suboptimality";
  objective.title = "Suboptimality of the objective";
  objective.y_label = "( f(x_t) − f* ) / ( f(x_0) − f* )";
  objective.lowest_y = 1e-16;
  for (Figure* figure : {&error, &objective}) {
    figure->subtitle = subtitle(setup);
    figure->x_label = "step t";
    figure->level_label = "start";
  }
  for (const SolverSummary& s : result.summaries) {
    Curve& e = error.curves.emplace_back(curve(result, s, [](const Record& r) { return r.jacobian_error; }));
    e.label = s.solver;
    if (s.has_burn_in()) {
      e.label += fmt::format(": peak {:.3g} at t = {}", s.peak_error, s.peak_step);
      e.marked = {static_cast<double>(s.peak_step), s.peak_error};
    }
    if (s.corrected) error.curves.push_back(corrected_curve(result, s));
    Curve& f = objective.curves.emplace_back(
        curve(result, s, [](const Record& r) { return r.objective_suboptimality; }));
    f.label = s.solver;
    if (s.suboptimality_settled) f.label += fmt::format(": 1 % from t = {}", *s.suboptimality_settled);
  }
  return {error, objective};
}

}  // namespace unroll
