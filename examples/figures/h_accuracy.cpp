// Accuracy on demand: what a derivative of a named accuracy costs, against fixed choices of steps and
// tolerance, the best of them chosen in hindsight.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "study.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/nesterov.hpp"

namespace figures {
namespace {

using namespace unroll;

/// ∂x*ᵀw of a problem on data, w = (−1 … 1); of ridge by Chebyshev's method with the exact spectrum, of
/// logistic regression by Nesterov's with one that holds the Hessian's everywhere.
struct Task {
  Instance instance;
  Vector w = Vector::LinSpaced(instance.start.size(), -1, 1), exact = instance.jacobian.transpose() * w;

  /// L of x = 0, where a logistic Hessian is largest.
  double most() const {
    return spectrum(instance.problem->hessian(Vector::Zero(instance.start.size()), instance.theta)).largest;
  }
  Row row(Index steps, const Method& method) const {
    const double smallest = instance.spectrum.smallest, largest = instance.spectrum.largest;
    const SolveOptions options{.steps = steps};
    const Problem& f = *instance.problem;
    const auto by = [&](const auto& solver) {
      return vjp(f, solver, instance.start, instance.theta, w, options, method);
    };
    const bool quadratic = dynamic_cast<const QuadraticProblem*>(&f) != nullptr;
    const Vjp v =
        quadratic ? by(Chebyshev{smallest, largest}) : by(Nesterov::optimal(instance.theta[0], most()));
    return {fmt::format("{}", v.cost.gradients + v.cost.hessian_vector_products),
            cell((v.dtheta - exact).norm() / exact.norm())};
  }
};

void compute(const Settings& settings, const std::filesystem::path& csv) {
  std::vector<Job> jobs;
  const auto add = [&](const std::string& name, const std::string& data, const std::string& loss,
                       double theta) {
    const auto task = std::make_shared<const Task>(
        Task{data_instance(settings, data, loss, theta, loss == "ridge" ? "ones" : "zero")});
    const auto job = [&](const std::string& method, Index steps, double asked, const Method& by) {
      jobs.push_back({{name, method, fmt::format("{}", steps), cell(asked)},
                      [task, steps, by] { return std::vector<Row>{task->row(steps, by)}; }});
    };
    const Certify never = Certify::never;
    for (const Index t : log_spaced(4, settings.choose(1500, 100), settings.choose(40, 6))) {
      job("unrolled", t, 0, Reverse{.certify = never});
      job("corrected", t, 0, Reverse{.corrected = true, .certify = never});
      for (int digits = 1; digits <= 10; digits += settings.choose(1, 4))
        job("fixed steps and tolerance", t, std::pow(10, -digits),
            Implicit{.linear_solver = LinearSolver::conjugate_gradient,
                     .tolerance = std::pow(10, -digits),
                     .certify = never});
    }
    for (int half = 2; half <= 20; half += settings.choose(1, 6))
      job("certified", 100000, std::pow(10, -0.5 * half), Certified{std::pow(10, -0.5 * half)});
  };
  add("ridge", "breast_cancer_diagnostic", "ridge", 0.01);
  add("logistic", "breast_cancer_diagnostic", "logistic", 0.01);
  run_jobs({"problem", "method", "steps", "asked", "cost", "error"}, jobs, csv, settings.jobs);
}

/// Of all records the cheapest for every error: costs ascend, errors fall.
struct Front {
  std::vector<double> cost, error;
};
Front front(const Records& records) {
  const auto cost = records.numbers("cost"), error = records.numbers("error");
  std::vector<std::size_t> order(cost.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return cost[a] < cost[b]; });
  Front best;
  for (const std::size_t i : order) {
    if (!(error[i] > 0) || (!best.error.empty() && error[i] >= best.error.back())) continue;
    best.cost.push_back(cost[i]);
    best.error.push_back(error[i]);
  }
  return best;
}

Panels picture(const Records& records) {
  Panels panels{.name = "h_accuracy",
                .title = "Accuracy on demand against the best fixed choice in hindsight",
                .subtitle = "breast_cancer_diagnostic; ridge by Chebyshev's method, logistic by Nesterov's",
                .figures = {}};
  for (const std::string& problem : records.different("problem")) {
    const Records all = records.where("problem", problem);
    const bool last = problem == records.different("problem").back();
    Figure figure{.title = problem,
                  .x_label = "gradients + Hessian-vector products",
                  .y_label = panels.figures.empty() ? "relative error of the pullback" : "",
                  .level_label = "",
                  .curves = {},
                  .y_range = {{1e-12, 10}},
                  .legend = last ? Legend::list : Legend::none};
    std::size_t style = 0;
    for (const std::string& method : all.different("method")) {
      const Records some = all.where("method", method);
      const Front best = front(some);
      Curve c{.label = method == "certified" ? "certified: true error" : method, .style = style++};
      c.x = best.cost;
      c.y = best.error;
      if (method == "certified") {
        c = curve(some, "cost", "error", c.label, c.style);
        Curve asked = curve(some, "cost", "asked", "certified: accuracy asked for", c.style, Stroke::dotted);
        figure.curves.push_back(asked);
      }
      figure.curves.push_back(c);
    }
    panels.figures.push_back(std::move(figure));
  }
  return panels;
}

std::string sentence(const Records& records) {
  std::string text;
  for (const std::string& problem : records.different("problem")) {
    const Records all = records.where("problem", problem), certified = all.where("method", "certified");
    const Front fixed = front(all.where("method", "fixed steps and tolerance"));
    const auto cost = certified.numbers("cost"), error = certified.numbers("error"),
               asked = certified.numbers("asked");
    double worst = 0, least = std::numeric_limits<double>::infinity();
    std::size_t missed = 0;
    for (std::size_t i = 0; i < cost.size(); ++i) {
      if (!(error[i] <= asked[i])) ++missed;
      const auto reached =
          std::find_if(fixed.error.begin(), fixed.error.end(), [&](double e) { return e <= asked[i]; });
      if (reached == fixed.error.end()) continue;
      const double ratio = cost[i] / fixed.cost[static_cast<std::size_t>(reached - fixed.error.begin())];
      worst = std::max(worst, ratio);
      least = std::min(least, ratio);
    }
    text += fmt::format(
        "{}{}: {} of {} accuracies are met, at {:.2f} to {:.2f} times the cost of the best fixed choice",
        text.empty() ? "" : "; ", problem, cost.size() - missed, cost.size(), least, worst);
  }
  return text + ".";
}

}  // namespace

Study accuracy() { return {"h_accuracy", compute, picture, sentence}; }

}  // namespace figures
