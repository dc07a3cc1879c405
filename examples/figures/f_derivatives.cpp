// Unrolled, corrected, with and without a memory budget, truncated, one step, implicit: the error of a
// hypergradient against what it costs and what it keeps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "logistic_problems.hpp"
#include "study.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/metrics.hpp"

namespace figures {
namespace {

using namespace unroll;

constexpr double least_memory = 1;  // KiB, that the axis shows

/// 30 penalties of a logistic regression, and its loss on the rows left out.
struct Task {
  examples::LogisticLoss training, hold_out;
  TemplateProblem<examples::PenalisedLoss> problem;
  Vector theta, exact;

  explicit Task(const examples::SignedRows& data)
      : training{data.third(false).rows()},
        hold_out{data.third(true).rows()},
        problem(make_problem(examples::PenalisedLoss{training}, data.features.cols(), data.features.cols())),
        theta(Vector::LinSpaced(problem.parameters(), std::log(0.003), std::log(0.3))) {
    const Vector minimiser = newton_minimiser(problem, theta);
    exact = hypergradient(hold_out, problem, GradientDescent{1}, minimiser, theta, {.steps = 0}, Implicit{})
                .dtheta;
  }

  template <class Method>
  Hypergradient run(Index steps, const Method& method) const {
    const auto solver = Nesterov::optimal(
        std::exp(theta.minCoeff()), examples::loss_curvature(training.rows) + std::exp(theta.maxCoeff()));
    return hypergradient(hold_out, problem, solver, Vector::Zero(problem.dimension()), theta,
                         {.steps = steps}, method);
  }

  std::vector<Row> row(const Hypergradient& h) const {
    return {{fmt::format("{}", h.cost.gradients + h.cost.recomputed_steps + h.cost.hessian_vector_products),
             fmt::format("{:.1e}", static_cast<double>(h.cost.tape_bytes)),
             cell((h.dtheta - exact).norm() / exact.norm())}};
  }
};

void compute(const Settings& settings, const std::filesystem::path& csv) {
  const auto task = std::make_shared<const Task>(
      examples::load((settings.data_directory / "breast_cancer_diagnostic.csv").string()));
  std::vector<Job> jobs;
  const auto add = [&](const std::string& name, auto method, Index first = 5) {
    for (const Index t : log_spaced(first, settings.choose(1000, 100), settings.choose(34, 8)))
      jobs.push_back(
          {{name, fmt::format("{}", t)}, [task, t, method] { return task->row(method(*task, t)); }});
  };
  const auto with = [](auto method) {
    return [method](const Task& of, Index t) { return of.run(t, method); };
  };
  add("unrolled", with(Reverse{}));
  add("corrected", with(Reverse{.corrected = true}));
  add("unrolled, 64 KiB", with(Reverse{.memory_budget = 64 * 1024}));
  add("last 30 steps", with(Reverse{.last_steps = 30}), 30);
  add("last steps, automatic", with(Reverse{.last_steps = automatic}));
  add("one step", with(OneStep{}));
  add("implicit", with(Implicit{}));
  run_jobs({"method", "t", "cost", "tape_bytes", "error"}, jobs, csv, settings.jobs);
}

Panels picture(const Records& records) {
  Figure cost{.title = "against cost",
              .x_label = "gradients + Hessian-vector products",
              .y_label = "relative error of the hypergradient",
              .level_label = "",
              .curves = {},
              .y_range = {{1e-12, 10}},
              .legend = Legend::none};
  const auto all_costs = records.numbers("cost");
  cost.x_range = {{5, 1.1 * *std::max_element(all_costs.begin(), all_costs.end())}};
  Figure memory = cost;
  memory.title = "against memory";
  memory.x_label = "most that the tape held, KiB (0 is shown at 1)";
  memory.y_label.clear();
  memory.legend = Legend::list;
  std::size_t style = 0;
  for (const std::string& method : records.different("method")) {
    const Records some = records.where("method", method);
    const bool corrected = method == "corrected";  // unrolled in another stroke
    Curve c = curve(some, "cost", "error", method, corrected ? 0 : style,
                    corrected ? Stroke::dotted : Stroke::line);
    cost.curves.push_back(c);
    c.x = some.numbers("tape_bytes");
    for (double& x : c.x) x = std::max(x / 1024, least_memory);
    memory.curves.push_back(c);
    if (!corrected) style = style == 2 ? 4 : style + 1;
  }
  const auto bytes = records.numbers("tape_bytes");
  memory.x_range = {{0.9 * least_memory, 1.2 * *std::max_element(bytes.begin(), bytes.end()) / 1024}};
  return {
      .name = "f_derivatives",
      .title = "Which way to differentiate, as the solver takes more steps",
      .subtitle =
          "breast_cancer_diagnostic, hold-out loss in 30 penalties of logistic regression, Nesterov's method",
      .figures = {cost, memory}};
}

/// Of the records within an error, that of the least cost or memory.
struct Cheapest {
  std::string method;
  double amount;
};
std::optional<Cheapest> cheapest(const Records& records, const std::string& column, double level) {
  std::optional<Cheapest> best;
  for (const std::string& method : records.different("method")) {
    const Records some = records.where("method", method);
    const auto error = some.numbers("error"), amount = some.numbers(column);
    for (std::size_t i = 0; i < error.size(); ++i)
      if (error[i] <= level && (!best || amount[i] < best->amount)) best = {method, amount[i]};
  }
  return best;
}

std::string sentence(const Records& records) {
  constexpr double level = 1e-6;
  std::string never;
  for (const std::string& method : records.different("method")) {
    const auto error = records.where("method", method).numbers("error");
    const double least = *std::min_element(error.begin(), error.end());
    if (least > level)
      never += fmt::format("{}{} ({:.1e} at best)", never.empty() ? "" : ", ", method, least);
  }
  const auto cost = cheapest(records, "cost", level), memory = cheapest(records, "tape_bytes", level);
  if (!cost) return fmt::format("No method brings the hypergradient within {:.0e}: {}.", level, never);
  return fmt::format(
      "Within {:.0e} of the exact hypergradient, the least cost is that of {} ({:.0f} gradients and "
      "Hessian-vector products), the least memory that of {} ({:.0f} KiB); {}.",
      level, cost->method, cost->amount, memory->method, memory->amount / 1024,
      never.empty() ? "every method gets there" : "never there: " + never);
}

}  // namespace

Study derivatives() { return {"f_derivatives", compute, picture, sentence}; }

}  // namespace figures
