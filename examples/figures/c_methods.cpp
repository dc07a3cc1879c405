// Five methods, and the least error that any of their kind could have, on three data sets.
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
  const CurseResult result = run_curse(instance, {.solvers = {solver}, .steps = at.back()});
  std::vector<Row> rows;
  for (const Index t : at)
    if (t < static_cast<Index>(result.records.size()))
      rows.push_back(
          {fmt::format("{}", t), cell(result.records[static_cast<std::size_t>(t)].jacobian_error)});
  return rows;
}

std::vector<Row> optimal(const Instance& instance, const std::vector<Index>& at) {
  const auto& problem = dynamic_cast<const QuadraticProblem&>(*instance.problem);
  InstanceOptimal best(spectral_terms(problem, instance.start, instance.theta));
  std::vector<Row> rows;
  for (const Index t : at) {
    while (best.degree() < t) best.advance();
    rows.push_back({fmt::format("{}", t), cell(best.error() / instance.jacobian.norm())});
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
  run_jobs({"data", "theta", "start", "kappa", "solver", "t", "jacobian_error"}, jobs, csv, settings.jobs);
}

Panels picture(const Records& records) {
  Panels panels{.name = "c_methods",
                .title = "Error of the unrolled Jacobian, five methods",
                .subtitle = "ridge regression, θ = " + records.different("theta").front() +
                            "; instance-optimal: no first-order method can be below",
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
    for (const std::string& solver : here.different("solver"))
      figure.curves.push_back(curve(here.where("solver", solver), "t", "jacobian_error", solver, style++));
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

std::vector<Standing> standings(const Records& records) {
  std::vector<Standing> all;
  for (const std::string& solver : records.different("solver"))
    if (solver != lower_bound) all.push_back({.solver = solver});
  for (const std::string& data : records.different("data")) {
    const Records here = records.where("data", data);
    const auto best = here.where("solver", lower_bound).numbers("jacobian_error");
    std::vector<double> settles;
    for (Standing& s : all) {
      const Records run = here.where("solver", s.solver);
      const auto t = run.numbers("t"), error = run.numbers("jacobian_error");
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

std::string sentence(const Records& records) {
  const std::vector<Standing> all = standings(records);
  const auto [low, high] = std::minmax_element(
      all.begin(), all.end(), [](const auto& a, const auto& b) { return a.highest < b.highest; });
  const auto soonest = std::max_element(all.begin(), all.end(),
                                        [](const auto& a, const auto& b) { return a.soonest < b.soonest; });
  const double ratio = std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
                         return a.ratio < b.ratio;
                       })->ratio;
  const auto data = records.different("data");
  return fmt::format(
      "On {} the Jacobian's error peaks lowest with {} ({:.3g} times its start at most) and highest with {} "
      "({:.3g} times); it is soonest within 1 % with {}, on {} of {} data sets; {} the instance-optimal "
      "curve "
      "(least ratio of the errors {:.6g}).",
      fmt::join(data, ", "), low->solver, low->highest, high->solver, high->highest, soonest->solver,
      soonest->soonest, data.size(), ratio >= 1 - 1e-9 ? "no method is ever below" : "a method crosses",
      ratio);
}

}  // namespace

Study methods() { return {"c_methods", compute, picture, sentence}; }

}  // namespace figures
