// The Sobolev method's parameters: the peak of the Jacobian's error and the steps to 1 %, over η for some α;
// the automatic η marked.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "study.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/solver/sobolev_eta.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace figures {
namespace {

using namespace unroll;

constexpr double theta = 0.01, level = 0.01;

/// The peak, and the first t from which on the error is within the level, over its start.
Row outcome(const SpectralTerms& terms, const SobolevMeasure& measure, Index last) {
  ClosedForm form(terms, residual_recurrence(measure));
  const double start = form.error();
  Vector errors = Vector::Constant(last + 1, start);
  Index settled_at = 0;
  for (Index t = 1; t <= last; ++t) {
    form.advance();
    errors[t] = form.error();
    if (!(errors[t] <= level * start)) settled_at = t + 1;
  }
  return {cell(errors.maxCoeff<Eigen::PropagateNaN>() / start),
          settled_at <= last ? fmt::format("{}", settled_at) : ""};
}

void compute(const Settings& settings, const std::filesystem::path& csv) {
  const std::string data = "wine_quality_red";
  const double scale = 10;
  const Instance i = data_instance(settings, data, "ridge", theta, "ones", scale);
  const SpectralTerms terms =
      spectral_terms(dynamic_cast<const QuadraticProblem&>(*i.problem), i.start, i.theta);
  const double exact = terms.forcing.squaredNorm() / terms.jacobian_gap.squaredNorm();
  const double automatic = automatic_eta(*i.problem, i.start, i.theta, i.spectrum).eta;
  const Index last = settings.choose(1000, 200);
  const int points = settings.choose(49, 7);
  std::vector<Job> jobs;
  const auto add = [&](double alpha, const std::string& kind, double eta) {
    jobs.push_back(
        {{data, fmt::format("{}·ones", scale), cell(alpha), kind, cell(eta), cell(eta / exact)}, [=] {
           return std::vector<Row>{outcome(terms,
                                           {.alpha = alpha,
                                            .eta = eta,
                                            .smallest_eigenvalue = i.spectrum.smallest,
                                            .largest_eigenvalue = i.spectrum.largest},
                                           last)};
         }});
  };
  for (const double alpha : {0.25, 0.5, 1.0, 2.0}) {
    for (int k = 0; k < points; ++k) add(alpha, "grid", exact * std::pow(10, -6 + 12.0 * k / (points - 1)));
    add(alpha, "exact", exact);
    add(alpha, "automatic", automatic);
  }
  run_jobs({"data", "start", "alpha", "kind", "eta", "eta_over_exact", "peak", "settled"}, jobs, csv,
           settings.jobs);
}

Figure panel(const Records& records, const std::string& quantity) {
  Figure figure{.x_label = "η / exact η", .curves = {}, .x_range = {{1e-6, 1e6}}, .legend = Legend::ends};
  const std::vector<std::size_t> styles = {0, 4, 2, 5};
  std::size_t i = 0;
  for (const std::string& alpha : records.different("alpha")) {
    const Records some = records.where("alpha", alpha);
    figure.curves.push_back(
        curve(some.where("kind", "grid"), "eta_over_exact", quantity, "α = " + alpha, styles.at(i++)));
    const Records marked = some.where("kind", "automatic");
    figure.curves.back().marked = {marked.numbers("eta_over_exact").at(0), marked.numbers(quantity).at(0)};
  }
  return figure;
}

Panels picture(const Records& records) {
  Figure height = panel(records, "peak"), length = panel(records, "settled");
  height.title = "peak of the Jacobian's error";
  height.y_label = "largest error / error at the start";
  length.title = "steps until it is within 1 %";
  length.y_label = "step t";
  length.y_range = {{10, 100}};
  height.y_range = {{0.9, 100}};
  return {
      .name = "g_sobolev",
      .title = "How much α and η of the Sobolev method matter",
      .subtitle = fmt::format("ridge regression on {}, θ = {}, x₀ = {}; dots: automatic η",
                              records.different("data").front(), theta, records.different("start").front()),
      .figures = {height, length}};
}

/// Peak and steps at an η with α = 1/2.
struct Outcome {
  double peak, steps;
};
Outcome nearest(const Records& some, double eta_over_exact) {
  const auto eta = some.numbers("eta_over_exact"), height = some.numbers("peak"),
             steps = some.numbers("settled");
  std::size_t best = 0;
  for (std::size_t i = 0; i < eta.size(); ++i)
    if (std::abs(std::log(eta[i] / eta_over_exact)) < std::abs(std::log(eta[best] / eta_over_exact)))
      best = i;
  return {height[best], steps[best]};
}

std::string words(const Outcome& o) {
  return fmt::format(
      "peak {:.3g}, {}", o.peak,
      std::isfinite(o.steps) ? fmt::format("{:.0f} steps", o.steps) : std::string("1 % not reached"));
}

std::string sentence(const Records& records) {
  const Records half = records.where("alpha", "0.5"), grid = half.where("kind", "grid");
  const double automatic = half.where("kind", "automatic").numbers("eta_over_exact").at(0);
  const Outcome a = nearest(half.where("kind", "automatic"), automatic);
  const Outcome exact = nearest(half.where("kind", "exact"), 1);
  const Outcome small = nearest(grid, 1e-3), large = nearest(grid, 1e3);
  const double too_small = small.peak / exact.peak - 1, too_large = large.steps / exact.steps - 1;
  const bool upwards = too_small > too_large;  // NaN, steps not reached: no
  return fmt::format(
      "With α = 1/2 the automatic η is {:.3g} times the exact one and gives {} against {}; a thousand times "
      "less "
      "raises the peak by {:.0f} % ({}), a thousand times more takes {:.0f} % more steps ({}): {}.",
      automatic, words(a), words(exact), 100 * too_small, words(small), 100 * too_large, words(large),
      upwards ? "err upwards" : "there is nothing to gain by erring upwards");
}

}  // namespace

Study sobolev() { return {"g_sobolev", compute, picture, sentence}; }

}  // namespace figures
