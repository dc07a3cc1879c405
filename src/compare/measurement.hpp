#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/compare/curse.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/theory/burn_in.hpp"
#include "unroll/theory/closed_form.hpp"

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
  void take_prediction(double step);
  void take_burn_in(const BurnInPrediction& prediction) { summary_.burn_in = prediction; }

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
};

/// Runs a solver in forward mode, in reverse mode and through its closed form where it has one.
template <class S>
void measure(const S& solver, const Instance& instance, const CurseOptions& options, Measurement& result) {
  const std::string& name = result.summary().solver;
  const auto report = [&](std::string_view stage, Index done, Index all) {
    const double fraction = static_cast<double>(done) / static_cast<double>(std::max<Index>(all, 1));
    if (options.progress) options.progress({name, stage, fraction});
  };
  const auto history = [&](Index steps, auto observer, auto method, std::vector<Index> at) {
    const SolveOptions solve_options{.steps = steps, .observer = std::move(observer)};
    return jacobian_history(*instance.problem, solver, instance.start, instance.theta, solve_options, method,
                            std::move(at));
  };

  const auto observer = [&](Index t, const Vector&) { report("forward", t, options.steps); };
  result.take_forward(history(options.steps, observer, Forward{}, {}));

  // Reverse mode: a few t share a recording and its sweeps, few enough that there is progress to report; the
  // last t stands alone, so that its run has the cost of ∂x_T.
  constexpr std::size_t shared = 10;
  const std::vector<Index> at = reverse_steps(result.steps());
  std::vector<std::vector<Index>> runs;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    if (i % shared == 0) runs.emplace_back();
    runs.back().push_back(at[i]);
  }
  runs.push_back({at.back()});
  Index all = 0, done = 0;
  for (const auto& run : runs) all += run.back();
  for (const auto& run : runs) {
    report("reverse", done, all);
    result.take_reverse(history(run.back(), nullptr, Reverse{}, run));
    done += run.back();
  }

  constexpr Index halvings = 4;
  for (Index i = 1; i <= halvings && result.ends_in_burn_in(); ++i) {
    report("late start", i - 1, halvings);
    const SolveOptions solve_options{.steps = result.steps()};
    const Index last = std::max<Index>(result.steps() >> i, 1);
    result.take_late_start(result.steps() - last,
                           jacobian(*instance.problem, solver, instance.start, instance.theta, solve_options,
                                    Reverse{.last_steps = last})
                               .dx);
  }

  if constexpr (PolynomialMethod<S>) {
    if (const auto* quadratic = dynamic_cast<const QuadraticProblem*>(instance.problem.get())) {
      report("closed form", 0, 1);
      result.take_closed_form(ClosedForm(*quadratic, solver, instance.start, instance.theta));
    }
  }
  if constexpr (requires { predicted_peak(solver, 1.0, 1.0); }) {
    const double peak = predicted_peak(solver, instance.spectrum.smallest, instance.spectrum.largest);
    result.take_prediction(peak);
    if (const auto* quadratic = dynamic_cast<const QuadraticProblem*>(instance.problem.get())) {
      report("prediction", 0, 1);
      const double horizon = std::min(static_cast<double>(options.steps), 2 * peak + 10);
      result.take_burn_in(predict_burn_in(solver, spectral_terms(*quadratic, instance.start, instance.theta),
                                          static_cast<Index>(horizon)));
    }
  }
}

}  // namespace unroll
