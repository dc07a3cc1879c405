#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/compare/corrected.hpp"
#include "unroll/compare/curse.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/theory/burn_in.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/corrected_form.hpp"

namespace unroll {

/// The records and the summary of one solver, filled in by one way of differentiating after the other.
class Measurement {
 public:
  Measurement(const Instance& instance, const Suboptimality& suboptimality, SolverSummary summary);

  /// ∂x_t at every t: makes the records, up to the last step where all is finite.
  void take_forward(History history);
  /// ∂x_t at some t.
  void take_reverse(const History& history);
  /// ∂x_T with ∂x_s := 0 at step s: the best of those taken is kept.
  void take_late_start(Index skipped, const Matrix& jacobian /* n×p */);
  void take_closed_form(ClosedForm closed_form);
  /// The corrected J_t, n×p, and ‖J_t − ∂x*‖, for t = 0 … steps.
  void take_corrected(std::vector<Matrix> jacobians, std::vector<double> errors);
  /// J_t by the tape at some t, after those above.
  void take_corrected_by_tape(const History& history);
  void take_prediction(double step);
  void take_burn_in(const BurnInPrediction& prediction) { summary_.burn_in = prediction; }
  void take_corrected_burn_in(const BurnInPrediction& prediction) {
    summary_.corrected->burn_in = prediction;
  }

  Index steps() const { return summary_.steps; }
  /// Whether it might pay not to differentiate the first steps.
  bool ends_in_burn_in() const {
    return summary_.status != Status::non_finite && summary_.has_burn_in() && !summary_.error_settled;
  }
  SolverSummary& summary() { return summary_; }
  std::vector<Record>& records() { return records_; }

 private:
  /// ‖jacobian − ∂x_t(forward)‖/‖∂x*‖.
  double gap(const Matrix& jacobian /* n×p */, Index t) const;

  const Instance& instance_;
  const Suboptimality& suboptimality_;
  SolverSummary summary_;
  std::vector<Record> records_;
  History forward_;
  std::vector<Matrix> corrected_;  // J_t, n×p
};

/// The steps of `reverse_steps` in runs: a few t share a recording and its sweeps, few enough that there is
/// progress to report; the last t stands alone, so that its run has the cost of ∂x_T.
std::vector<std::vector<Index>> reverse_runs(Index steps);

/// A stage of the work on a solver, and from where to where it leads, about: forward and reverse mode, 1 : 9,
/// are 10; the corrected Jacobian takes as long again, and the rest is short beside them.
struct Stage {
  std::string_view name;
  double from, to;
};

/// Does something with each of the runs, and reports before each how much of all their steps is done.
template <class Report, class F>
void for_each_run(Index steps, const Stage& stage, const Report& report, const F& f) {
  const std::vector<std::vector<Index>> runs = reverse_runs(steps);
  Index all = 0, done = 0;
  for (const auto& run : runs) all += run.back();
  for (const auto& run : runs) {
    report(stage, done, all);
    f(run);
    done += run.back();
  }
}

/// Follows the corrected Jacobian: by the closed form on a quadratic, else forwards; and by the tape at the
/// steps of `reverse_steps`.
template <class S, class Report>
void measure_corrected(const S& solver, const Instance& instance, const Report& report, Measurement& result) {
  const auto* quadratic = dynamic_cast<const QuadraticProblem*>(instance.problem.get());
  const Index steps = result.steps();
  std::vector<Matrix> jacobians;
  std::vector<double> errors;
  if (quadratic != nullptr) {
    CorrectedForm form(*quadratic, solver, instance.start, instance.theta);
    for (; form.step() <= steps; form.advance()) {
      jacobians.push_back(form.jacobian());
      errors.push_back(form.error());
    }
  } else {
    corrected_forward(*instance.problem, solver, instance.start, instance.theta, steps,
                      [&](Index t, const Matrix& jacobian) {
                        report({"corrected", 10, 11}, t, steps);
                        jacobians.push_back(jacobian);
                        errors.push_back((jacobian - instance.jacobian).norm());
                      });
  }
  result.take_corrected(std::move(jacobians), std::move(errors));
  for_each_run(steps, {"corrected by the tape", 11, 20}, report, [&](const std::vector<Index>& run) {
    result.take_corrected_by_tape(
        corrected_history(*instance.problem, solver, instance.start, instance.theta, run));
  });
}

/// Runs a solver in forward mode, in reverse mode and through its closed form where it has one, and tells
/// options.progress which fraction of this is done.
template <class S>
void measure(const S& solver, const Instance& instance, const CurseOptions& options, Measurement& result) {
  const std::string& name = result.summary().solver;
  const auto report = [&](const Stage& stage, Index done, Index all) {
    const double fraction = static_cast<double>(done) / static_cast<double>(std::max<Index>(all, 1));
    const double reached = stage.from + fraction * (stage.to - stage.from), end = options.corrected ? 20 : 10;
    options.progress({name, stage.name, std::min(reached / end, 1.0)});
  };
  const auto history = [&](Index steps, auto observer, auto method, std::vector<Index> at) {
    const SolveOptions solve_options{.steps = steps, .observer = std::move(observer)};
    return jacobian_history(*instance.problem, solver, instance.start, instance.theta, solve_options, method,
                            std::move(at));
  };

  const auto observer = [&](Index t, const Vector&) { report({"forward", 0, 1}, t, options.steps); };
  result.take_forward(history(options.steps, observer, Forward{}, {}));

  for_each_run(result.steps(), {"reverse", 1, 10}, report, [&](const std::vector<Index>& run) {
    result.take_reverse(history(run.back(), nullptr, Reverse{}, run));
  });

  constexpr Index halvings = 4;
  for (Index i = 1; i <= halvings && result.ends_in_burn_in(); ++i) {
    report({"late start", 10, 10}, i - 1, halvings);
    const SolveOptions solve_options{.steps = result.steps()};
    const Index last = std::max<Index>(result.steps() >> i, 1);
    result.take_late_start(result.steps() - last,
                           jacobian(*instance.problem, solver, instance.start, instance.theta, solve_options,
                                    Reverse{.last_steps = last})
                               .dx);
  }

  if constexpr (PolynomialMethod<S>) {
    if (const auto* quadratic = dynamic_cast<const QuadraticProblem*>(instance.problem.get())) {
      report({"closed form", 10, 10}, 0, 1);
      result.take_closed_form(ClosedForm(*quadratic, solver, instance.start, instance.theta));
    }
  }
  if (options.corrected) measure_corrected(solver, instance, report, result);
  if constexpr (requires { predicted_peak(solver, 1.0, 1.0); }) {
    const double peak = predicted_peak(solver, instance.spectrum.smallest, instance.spectrum.largest);
    result.take_prediction(peak);
    if (const auto* quadratic = dynamic_cast<const QuadraticProblem*>(instance.problem.get())) {
      report({"prediction", 20, 20}, 0, 1);
      const double horizon = std::min(static_cast<double>(options.steps), 2 * peak + 10);
      const SpectralTerms terms = spectral_terms(*quadratic, instance.start, instance.theta);
      const auto maxima = maxima_history(solver, terms.eigenvalues.minCoeff(), terms.eigenvalues.maxCoeff(),
                                         static_cast<Index>(horizon));
      result.take_burn_in(predict_burn_in(maxima, residual_recurrence(solver), terms));
      if (options.corrected)
        result.take_corrected_burn_in(predict_corrected_burn_in(maxima, residual_recurrence(solver), terms));
    }
  }
}

}  // namespace unroll
