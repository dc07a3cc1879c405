// Five methods, unrolled and corrected, and the least error that any of their kind could have unrolled, on
// three data sets.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study.hpp"
#include "unroll/compare/curse.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/theory/instance_optimal.hpp"

namespace figures {
namespace {

using namespace unroll;

const std::vector<std::string> solvers = {"gd-large", "heavy-ball", "nesterov", "chebyshev", "sobolev"};
const std::string lower_bound = "instance-optimal";
constexpr double theta = 0.01;

std::vector<Row> measured(const Instance& instance, const std::string& solver, const std::vector<Index>& at) {
  const CurseResult result =
      run_curse(instance, {.solvers = {solver}, .steps = at.back(), .corrected = true});
  std::vector<Row> rows;
  for (const Index t : at) {
    if (t >= static_cast<Index>(result.records.size())) continue;
    const Record& record = result.records[static_cast<std::size_t>(t)];
    rows.push_back({fmt::format("{}", t), cell(record.jacobian_error), cell(record.corrected_error.value())});
  }
  return rows;
}

std::vector<Row> optimal(const Instance& instance, const std::vector<Index>& at) {
  const auto& problem = dynamic_cast<const QuadraticProblem&>(*instance.problem);
  InstanceOptimal best(spectral_terms(problem, instance.start, instance.theta));
  std::vector<Row> rows;
  for (const Index t : at) {
    while (best.degree() < t) best.advance();
    rows.push_back({fmt::format("{}", t), cell(best.error() / instance.jacobian.norm()), ""});
  }
  return rows;
}

void compute(const Settings& settings, const std::filesystem::path& csv) {
  const std::vector<std::pair<std::string, double>> starts = {
      {"breast_cancer_diagnostic", 1.0}, {"auto_mpg", 10.0}, {"wine_quality_red", 10.0}};
  std::vector<Index> at = log_spaced(1, settings.choose(600, 200), settings.choose(140, 40));
  at.insert(at.begin(), 0);
  std::vector<Job> jobs;
  for (const auto& [data, scale] : starts) {
    const auto instance =
        std::make_shared<const Instance>(data_instance(settings, data, "ridge", theta, "ones", scale));
    const Row key{data, cell(theta), scale == 1 ? "ones" : fmt::format("{}·ones", scale),
                  cell(instance->spectrum.condition_number())};
    const auto add = [&](const std::string& name, std::function<std::vector<Row>()> run) {
      Row full = key;
      full.push_back(name);
      jobs.push_back({std::move(full), std::move(run)});
    };
    for (const std::string& solver : solvers)
      add(solver, [instance, &solver, at] { return measured(*instance, solver, at); });
    add(lower_bound, [instance, at] { return optimal(*instance, at); });
  }
  run_jobs({"data", "theta", "start", "kappa", "solver", "t", "jacobian_error", "corrected_error"}, jobs, csv,
           settings.jobs);
}

Panels picture(const Records& records) {
  Panels panels{.name = "c_methods",
                .title = "Error of the Jacobian, five methods, unrolled and (dotted) corrected",
                .subtitle = "ridge regression, θ = " + records.different("theta").front() +
                            "; instance-optimal: no first-order method can be below when unrolled",
                .figures = {}};
  for (const std::string& data : records.different("data")) {
    const Records here = records.where("data", data);
    Figure figure{.title = fmt::format("{}, x₀ = {}, κ = {:.0f}", data, here.different("start").front(),
                                       here.numbers("kappa").front()),
                  .x_label = "step t",
                  .y_label = panels.figures.empty() ? "‖∂x_t − ∂x*‖ / ‖∂x*‖" : "",
                  .lowest_y = 1e-4,
                  .level_label = "start",
                  .curves = {},
                  .y_range = {{1e-4, 1e3}},
                  .legend = Legend::none};
    std::size_t style = 1;
    for (const std::string& solver : here.different("solver")) {
      const Records run = here.where("solver", solver);
      figure.curves.push_back(curve(run, "t", "jacobian_error", solver, style));
      if (solver != lower_bound)
        figure.curves.push_back(curve(run, "t", "corrected_error", "", style, Stroke::dotted));
      ++style;
    }
    panels.figures.push_back(figure);
  }
  panels.figures.back().legend = Legend::list;
  return panels;
}

/// What a method does over all data sets.
struct Standing {
  std::string solver;
  double highest = 0;    // peak
  int soonest = 0;       // data sets on which no other is sooner within 1 %
  double ratio = 1e300;  // the least, of its error to the instance-optimal one, where that is no rounding
};

/// Of the errors in a column.
std::vector<Standing> standings(const Records& records, const std::string& column) {
  std::vector<Standing> all;
  for (const std::string& solver : records.different("solver"))
    if (solver != lower_bound) all.push_back({.solver = solver});
  for (const std::string& data : records.different("data")) {
    const Records here = records.where("data", data);
    const auto best = here.where("solver", lower_bound).numbers("jacobian_error");
    std::vector<double> settles;
    for (Standing& s : all) {
      const Records run = here.where("solver", s.solver);
      const auto t = run.numbers("t"), error = run.numbers(column);
      s.highest = std::max(s.highest, peak(t, error).height);
      settles.push_back(settled(t, error, 0.01).value_or(1e300));
      for (std::size_t i = 0; i < error.size(); ++i)
        if (t[i] > 0 && best[i] > 1e-9) s.ratio = std::min(s.ratio, error[i] / best[i]);
    }
    const double first = *std::min_element(settles.begin(), settles.end());
    for (std::size_t i = 0; i < all.size(); ++i) all[i].soonest += settles[i] == first && first < 1e300;
  }
  return all;
}

/// `lowest with sobolev (1.5 times its start at most) and highest with …; soonest within 1 % with …`.
std::string ranking(const std::vector<Standing>& all, std::size_t data_sets) {
  const auto [low, high] = std::minmax_element(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.highest < b.highest; });
  const auto soonest = std::max_element(all.begin(), all.end(),
                                        [](const auto& a, const auto& b) { return a.soonest < b.soonest; });
  return fmt::format(
      "peaks lowest with {} ({:.3g} times its start at most) and highest with {} ({:.3g} times); it is "
      "soonest within 1 % with {}, on {} of {} data sets",
      low->solver, low->highest, high->solver, high->highest, soonest->solver, soonest->soonest, data_sets);
}

double least_ratio(const std::vector<Standing>& all) {
  return std::min_element(all.begin(), all.end(),
                          [](const auto& a, const auto& b) { return a.ratio < b.ratio; })
      ->ratio;
}

/// In how many of the pairs of a method and a data set the corrected error is within 1 % sooner.
std::string sooner(const Records& records) {
  int earlier = 0, pairs = 0;
  for (const std::string& data : records.different("data")) {
    for (const std::string& solver : records.different("solver")) {
      if (solver == lower_bound) continue;
      const Records run = records.where("data", data).where("solver", solver);
      const auto t = run.numbers("t");
      const double never = 1e300;
      earlier += settled(t, run.numbers("corrected_error"), 0.01).value_or(never) <
                 settled(t, run.numbers("jacobian_error"), 0.01).value_or(never);
      ++pairs;
    }
  }
  return fmt::format("it is there sooner than unrolled in {} of {} runs", earlier, pairs);
}

std::string sentence(const Records& records) {
  const auto unrolled = standings(records, "jacobian_error"),
             corrected = standings(records, "corrected_error");
  const auto data = records.different("data");
  return fmt::format(
      "On {} the unrolled Jacobian's error {}; {} the instance-optimal curve (least ratio of the errors "
      "{:.6g}). Corrected it {}; {}.",
      fmt::join(data, ", "), ranking(unrolled, data.size()),
      least_ratio(unrolled) >= 1 - 1e-9 ? "no method is ever below" : "a method crosses",
      least_ratio(unrolled), ranking(corrected, data.size()), sooner(records));
}

}  // namespace

Study methods() { return {"c_methods", compute, picture, sentence}; }

}  // namespace figures
