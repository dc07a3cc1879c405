// The step 2/(L+ℓ) against 1/L, on real data: the objective and the Jacobian side by side.
#include <fmt/format.h>

#include "study.hpp"
#include "unroll/compare/experiment.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace figures {
namespace {

using unroll::GradientDescent;
using unroll::Instance;

const std::vector<std::string> data_sets = {"wine_quality_red", "auto_mpg", "digits",
                                            "breast_cancer_original", "breast_cancer_diagnostic"};

void compute(const Settings& settings, const std::filesystem::path& csv) {
  unroll::Experiment e;
  for (const std::string& data : data_sets)
    e.problems.push_back(
        unroll::data_problem({.data = data, .theta = 0.01, .data_directory = settings.data_directory}));
  e.solvers = {unroll::experiment_solver(
                   "1/L", [](const Instance& i) { return GradientDescent::short_step(i.spectrum.largest); }),
               unroll::experiment_solver("2/(L+ℓ)", [](const Instance& i) {
                 return GradientDescent::large_step(i.spectrum.smallest, i.spectrum.largest);
               })};
  e.methods = {{"forward", unroll::Forward{}}};
  e.starts = {{"normal", 10}};
  e.seeds = {settings.seed};
  e.steps = {0};
  for (const unroll::Index t : unroll::log_spaced(1, settings.choose(10000, 1000), settings.choose(160, 40)))
    e.steps.push_back(t);
  unroll::run_experiment(e, csv, settings.jobs);
}

/// Of the first data set.
unroll::Panels picture(const Records& all) {
  const Records records = all.where("problem", all.different("problem").front());
  unroll::Figure error{.title = "the Jacobian",
                       .x_label = "step t",
                       .y_label = "error  ‖∂x_t − ∂x*‖ / ‖∂x*‖",
                       .lowest_y = 1e-4,
                       .level_label = "start",
                       .x_range = {{1, 1000}},
                       .legend = unroll::Legend::none};
  unroll::Figure objective = error;
  objective.title = "the objective";
  objective.y_label = "suboptimality  ( f(x_t) − f* ) / ( f(x_0) − f* )";
  objective.lowest_y = 1e-12;
  objective.legend = unroll::Legend::list;
  std::size_t style = 0;
  for (const std::string& step : records.different("solver")) {
    const Records run = records.where("solver", step);
    const std::string label = "h = " + step;
    error.curves.push_back(curve(run, "t", "jacobian_error", label, style));
    const Peak top = peak(run.numbers("t"), run.numbers("jacobian_error"));
    if (top.height > 1.01) error.curves.back().marked = {top.at, top.height};
    objective.curves.push_back(curve(run, "t", "suboptimality", label, style++));
  }
  return {.name = "a_step_size",
          .title = "Gradient descent with a short and with a large step",
          .subtitle = records.different("problem").front() + ", x₀ = " + records.different("start").front(),
          .figures = {error, objective}};
}

struct Run {
  std::string step;
  double last, left;                // steps, and the suboptimality after them
  std::optional<double> optimised;  // where the suboptimality is down to 1e-6
  Peak error;
};
Run run(const Records& records, const std::string& step) {
  const Records r = records.where("solver", step);
  const auto t = r.numbers("t"), f = r.numbers("suboptimality");
  return {step, t.back(), f.back(), settled(t, f, 1e-6), peak(t, r.numbers("jacobian_error"))};
}

/// The two steps on one data set, the one that brings the objective down sooner first.
std::pair<Run, Run> better_first(const Records& records) {
  const std::vector<std::string> steps = records.different("solver");
  const Run one = run(records, steps.at(0)), two = run(records, steps.at(1));
  const bool two_is_better = one.optimised && two.optimised   ? *two.optimised < *one.optimised
                             : one.optimised || two.optimised ? two.optimised.has_value()
                                                              : two.left < one.left;
  return two_is_better ? std::pair{two, one} : std::pair{one, two};
}

std::string sentence(const Records& records) {
  const std::vector<std::string> problems = records.different("problem");
  int worse = 0;
  for (const std::string& problem : problems) {
    const auto [better, other] = better_first(records.where("problem", problem));
    worse += better.error.height > 1.01 * other.error.height ? 1 : 0;
  }
  const auto [better, other] = better_first(records.where("problem", problems.front()));
  return fmt::format(
      "On {} the objective is within 1e-6 of its start {} with h = {} and {} with h = {}, while the "
      "Jacobian's "
      "error peaks at {:.3g} times its start with the former and at {:.3g} times with the latter; the better "
      "optimiser is the worse differentiator on {} of {} data sets.",
      problems.front(), since(better.optimised, better.last), better.step, since(other.optimised, other.last),
      other.step, better.error.height, other.error.height, worse, problems.size());
}

}  // namespace

Study step_size() { return {"a_step_size", compute, picture, sentence}; }

}  // namespace figures
