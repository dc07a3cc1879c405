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

void compute(const Settings& settings, const std::filesystem::path& csv) {
  unroll::Experiment e;
  e.problems = {unroll::data_problem(
      {.data = "breast_cancer_diagnostic", .theta = 0.01, .data_directory = settings.data_directory})};
  e.solvers = {unroll::experiment_solver(
                   "1/L", [](const Instance& i) { return GradientDescent::short_step(i.spectrum.largest); }),
               unroll::experiment_solver("2/(L+ℓ)", [](const Instance& i) {
                 return GradientDescent::large_step(i.spectrum.smallest, i.spectrum.largest);
               })};
  e.methods = {{"forward", unroll::Forward{}}};
  e.starts = {{"ones"}};
  e.seeds = {settings.seed};
  e.steps = {0};
  for (const unroll::Index t : unroll::log_spaced(1, settings.choose(20000, 3000), settings.choose(160, 40)))
    e.steps.push_back(t);
  unroll::run_experiment(e, csv, settings.jobs);
}

unroll::Panels picture(const Records& records) {
  unroll::Figure error{.title = "the Jacobian",
                       .x_label = "step t",
                       .y_label = "error  ‖∂x_t − ∂x*‖ / ‖∂x*‖",
                       .lowest_y = 1e-6,
                       .level_label = "start",
                       .legend = unroll::Legend::ends};
  unroll::Figure objective = error;
  objective.title = "the objective";
  objective.y_label = "suboptimality  ( f(x_t) − f* ) / ( f(x_0) − f* )";
  objective.lowest_y = 1e-16;
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

std::string sentence(const Records& records) {
  const std::vector<std::string> steps = records.different("solver");
  const Run one = run(records, steps.at(0)), two = run(records, steps.at(1));
  const bool two_is_better = one.optimised && two.optimised   ? *two.optimised < *one.optimised
                             : one.optimised || two.optimised ? two.optimised.has_value()
                                                              : two.left < one.left;
  const Run &better = two_is_better ? two : one, &other = two_is_better ? one : two;
  const char* conclusion = better.error.height > 1.01 * other.error.height
                               ? "the better optimiser is the worse differentiator"
                               : "the better optimiser is not the worse differentiator here";
  return fmt::format(
      "On {}, gradient descent with h = {} brings the objective to 1e-6 of its start {}, with h = {} {}; the "
      "Jacobian's error peaks at {:.3g} times its start (t = {:.0f}) with the former, at {:.3g} times (t = "
      "{:.0f}) "
      "with the latter: {}.",
      records.different("problem").front(), better.step, since(better.optimised, better.last), other.step,
      since(other.optimised, other.last), better.error.height, better.error.at, other.error.height,
      other.error.at, conclusion);
}

}  // namespace

Study step_size() { return {"a_step_size", compute, picture, sentence}; }

}  // namespace figures
