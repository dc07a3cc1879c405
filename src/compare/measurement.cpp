#include "compare/measurement.hpp"

#include <cmath>

namespace unroll {
namespace {

/// The first t from which on a quantity of the records stays at or below a level.
std::optional<Index> settled(const std::vector<Record>& records, double Record::*quantity, double level) {
  const auto above = std::find_if(records.rbegin(), records.rend(),
                                  [&](const Record& record) { return record.*quantity > level; });
  if (above == records.rbegin()) return std::nullopt;
  return records.rend() - above;
}

void summarise(const std::vector<Record>& records, SolverSummary& summary) {
  const auto peak = std::max_element(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return a.jacobian_error < b.jacobian_error;
  });
  summary.steps = records.back().t;
  summary.peak_error = peak->jacobian_error;
  summary.peak_step = peak->t;
  summary.final_error = records.back().jacobian_error;
  summary.final_suboptimality = records.back().objective_suboptimality;
  summary.error_settled_at_start = settled(records, &Record::jacobian_error, 1.0);
  summary.error_settled = settled(records, &Record::jacobian_error, 0.01);
  summary.suboptimality_settled = settled(records, &Record::objective_suboptimality, 0.01);
}

}  // namespace

Measurement::Measurement(const Instance& instance, const Suboptimality& suboptimality, SolverSummary summary)
    : instance_(instance), suboptimality_(suboptimality), summary_(std::move(summary)) {}

void Measurement::take_forward(History history) {
  forward_ = std::move(history);
  summary_.status = forward_.status;
  summary_.forward = forward_.cost;
  for (std::size_t i = 0; i < forward_.t.size(); ++i) {
    Record record;
    record.solver = summary_.solver;
    record.t = forward_.t[i];
    record.objective_suboptimality = suboptimality_(forward_.x[i]);
    record.jacobian_error = relative_error(forward_.dx[i], instance_.jacobian);
    if (!std::isfinite(record.objective_suboptimality) || !std::isfinite(record.jacobian_error)) {
      summary_.status = Status::non_finite;
      break;
    }
    records_.push_back(std::move(record));
  }
  summarise(records_, summary_);
}

void Measurement::take_reverse(const History& history) {
  summary_.reverse = history.cost;
  for (std::size_t i = 0; i < history.t.size(); ++i) {
    const double value = gap(history.dx[i], history.t[i]);
    records_[static_cast<std::size_t>(history.t[i])].reverse_forward_gap = value;
    summary_.largest_reverse_gap = std::max(summary_.largest_reverse_gap, value);
  }
}

void Measurement::take_late_start(Index skipped, const Matrix& jacobian) {
  const double error = relative_error(jacobian, instance_.jacobian);
  const std::optional<LateStart>& best = summary_.late_start;
  if (!best || error < best->error) summary_.late_start = LateStart{skipped, error};
}

void Measurement::take_closed_form(ClosedForm closed_form) {
  summary_.formula = closed_form.commuting() ? "commuting" : "general";
  summary_.largest_closed_form_gap = 0;
  for (Record& record : records_) {
    record.closed_form_gap = gap(closed_form.jacobian(), record.t);
    summary_.largest_closed_form_gap = std::max(*summary_.largest_closed_form_gap, *record.closed_form_gap);
    closed_form.advance();
  }
}

void Measurement::take_prediction(double step) {
  if (std::isfinite(step)) summary_.predicted_peak_step = step;
}

double Measurement::gap(const Matrix& jacobian, Index t) const {
  return (jacobian - forward_.dx[static_cast<std::size_t>(t)]).norm() / instance_.jacobian.norm();
}

}  // namespace unroll
