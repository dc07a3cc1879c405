#include "compare/measurement.hpp"

#include <cmath>

namespace unroll {
namespace {

std::vector<double> values(const std::vector<Record>& records, double Record::*quantity) {
  std::vector<double> of_all;
  for (const Record& record : records) of_all.push_back(record.*quantity);
  return of_all;
}

void summarise(const std::vector<Record>& records, SolverSummary& summary) {
  const auto errors = values(records, &Record::jacobian_error);
  const auto peak = std::max_element(errors.begin(), errors.end());
  summary.steps = records.back().t;
  summary.peak_error = *peak;
  summary.peak_step = peak - errors.begin();
  summary.final_error = errors.back();
  summary.final_suboptimality = records.back().objective_suboptimality;
  summary.error_settled_at_start = settled(errors, 1);
  summary.error_settled = settled(errors, 0.01);
  summary.suboptimality_settled = settled(values(records, &Record::objective_suboptimality), 0.01);
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

void Measurement::take_corrected(std::vector<Matrix> jacobians, std::vector<double> errors) {
  corrected_ = std::move(jacobians);
  for (double& error : errors) error /= instance_.jacobian.norm();
  for (std::size_t t = 0; t < records_.size(); ++t) records_[t].corrected_error = errors[t];
  const auto peak = std::max_element(errors.begin(), errors.end());
  summary_.corrected = CorrectedSummary{.peak_error = *peak,
                                        .peak_step = peak - errors.begin(),
                                        .final_error = errors.back(),
                                        .error_settled_at_start = settled(errors, 1),
                                        .error_settled = settled(errors, 0.01)};
}

void Measurement::take_corrected_by_tape(const History& history) {
  for (std::size_t i = 0; i < history.t.size(); ++i) {
    const Matrix& other = corrected_[static_cast<std::size_t>(history.t[i])];
    double& largest = summary_.corrected->largest_gap;
    largest = std::max(largest, (history.dx[i] - other).norm() / instance_.jacobian.norm());
  }
}

void Measurement::take_prediction(double step) {
  if (std::isfinite(step)) summary_.predicted_peak_step = step;
}

std::vector<std::vector<Index>> reverse_runs(Index steps) {
  constexpr std::size_t shared = 10;
  const std::vector<Index> at = reverse_steps(steps);
  std::vector<std::vector<Index>> runs;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    if (i % shared == 0) runs.emplace_back();
    runs.back().push_back(at[i]);
  }
  runs.push_back({at.back()});
  return runs;
}

double Measurement::gap(const Matrix& jacobian, Index t) const {
  return (jacobian - forward_.dx[static_cast<std::size_t>(t)]).norm() / instance_.jacobian.norm();
}

}  // namespace unroll
