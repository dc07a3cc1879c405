// Beyond quadratics: logistic regression unrolled, predicted by the local model at x*, and differentiated
// implicitly at the same iterate.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study.hpp"
#include "unroll/compare/experiment.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/solver/nesterov.hpp"

namespace figures {
namespace {

using namespace unroll;

constexpr double theta = 0.01;

/// With a spectrum that holds the Hessian's everywhere: L of x = 0, where it is largest, and ℓ = θ.
Nesterov safe_nesterov(const Instance& i) {
  const double largest = spectrum(i.problem->hessian(Vector::Zero(i.problem->dimension()), i.theta)).largest;
  return Nesterov::optimal(i.theta[0], largest);
}

void compute(const Settings& settings, const std::filesystem::path& csv) {
  Experiment e;
  e.problems = {data_problem({.data = "breast_cancer_diagnostic",
                              .loss = "logistic",
                              .theta = theta,
                              .data_directory = settings.data_directory})};
  e.solvers = {experiment_solver("nesterov", safe_nesterov)};
  e.methods = {{"unrolled", Forward{}}, {"local prediction", Predicted{}}, {"implicit", Implicit{}}};
  e.starts = {{"ones"}};
  e.seeds = {settings.seed};
  e.steps = log_spaced(1, settings.choose(1000, 200), settings.choose(90, 20));
  run_experiment(e, csv, settings.jobs);
}

/// The cost of each record: gradients and Hessian-vector products.
std::vector<double> costs(const Records& records) {
  std::vector<double> cost = records.numbers("gradients");
  const auto products = records.numbers("hessian_vector_products");
  for (std::size_t i = 0; i < cost.size(); ++i) cost[i] += products[i];
  return cost;
}

Panels picture(const Records& records) {
  Figure steps{.title = "against steps",
               .x_label = "step t",
               .y_label = "‖estimate − ∂x*‖ / ‖∂x*‖",
               .lowest_y = 1e-10,
               .level_label = "start",
               .curves = {},
               .legend = Legend::none};
  Figure cost = steps;
  cost.title = "against cost";
  cost.x_label = "gradients + Hessian-vector products";
  cost.y_label.clear();
  cost.legend = Legend::list;
  std::size_t style = 4;
  for (const std::string& method : records.different("method")) {
    const Records some = records.where("method", method);
    const bool predicted = method == "local prediction";
    Curve c = curve(some, "t", "jacobian_error", method, style++, predicted ? Stroke::dotted : Stroke::line);
    steps.curves.push_back(c);
    c.x = predicted ? std::vector<double>{} : costs(some);
    if (predicted) c.y.clear();
    cost.curves.push_back(c);
  }
  return {.name = "e_logistic",
          .title = "Logistic regression, Nesterov's method",
          .subtitle = records.different("problem").front() + ", x₀ = " + records.different("start").front() +
                      "; step sizes for the Hessian's spectrum at any x",
          .figures = {steps, cost}};
}

/// The first t, and the least cost, from which on the error is within a level.
struct Reached {
  std::optional<double> t, cost;
};
Reached reached(const Records& some, double level) {
  const auto error = some.numbers("jacobian_error");
  return {settled(some.numbers("t"), error, level), settled(costs(some), error, level)};
}

std::string words(const Reached& r, double last) {
  return since(r.t, last) + (r.cost ? fmt::format(" (cost {:.0f})", *r.cost) : "");
}

/// The first t from which on the prediction is within a factor of two of the measured error, as far as that
/// is no rounding.
std::optional<double> prediction_holds(const Records& measured, const Records& predicted) {
  const auto m = measured.numbers("jacobian_error"), p = predicted.numbers("jacobian_error");
  std::vector<double> factor;
  for (std::size_t i = 0; i < m.size() && m[i] > 1e-9; ++i)
    factor.push_back(std::exp(std::abs(std::log(p[i] / m[i]))));
  return settled(measured.numbers("t"), factor, 2);
}

std::string sentence(const Records& records) {
  constexpr double level = 1e-3;
  const Records unrolled = records.where("method", "unrolled"),
                implicit = records.where("method", "implicit"),
                predicted = records.where("method", "local prediction");
  const double last = unrolled.numbers("t").back();
  const Reached u = reached(unrolled, level), i = reached(implicit, level);
  const double never = 1e300;
  const char* cheaper = i.cost.value_or(never) < u.cost.value_or(never)   ? "implicit is the cheaper"
                        : u.cost.value_or(never) < i.cost.value_or(never) ? "unrolling is the cheaper"
                                                                          : "neither is the cheaper";
  const auto holds = prediction_holds(unrolled, predicted);
  const Peak top = peak(unrolled.numbers("t"), unrolled.numbers("jacobian_error"));
  return fmt::format(
      "On {} the unrolled Jacobian's error peaks at {:.3g} times its start (t = {:.0f}) and is within {} {}, "
      "the "
      "implicit one's at the same iterates {}: {}; the local prediction is within a factor 2 of what is "
      "measured {}.",
      records.different("problem").front(), top.height, top.at, level, words(u, last), words(i, last),
      cheaper, since(holds, last));
}

}  // namespace

Study logistic() { return {"e_logistic", compute, picture, sentence}; }

}  // namespace figures
