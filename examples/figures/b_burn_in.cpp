// The burn-in of gradient descent on synthetic quadratics: its length and height against κ, for three steps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study.hpp"
#include "synthetic.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/theory/burn_in.hpp"

namespace figures {
namespace {

using namespace unroll;

struct Step {
  std::string name;
  GradientDescent (*make)(double smallest, double largest);
};
const std::vector<Step> steps = {
    {"1/L", [](double, double L) { return GradientDescent::short_step(L); }},
    {"1.5/L", [](double, double L) { return GradientDescent{1.5 / L}; }},
    {"2/(L+ℓ)", [](double l, double L) { return GradientDescent::large_step(l, L); }}};

/// f = ½ xᵀ(H + θI)x − (Hc)ᵀx, ridge regression's form, at θ = 0, where x* = c, standard normal; x_0 ten
/// times that. The spectrum in [1/κ, 1].
Quadratic make_case(double kappa, std::uint64_t seed) {
  constexpr Index n = 40;
  NormalGenerator normal(seed);
  const Matrix H = random_hessian(n, 1 / kappa, 1, normal).hessian;
  const Vector minimiser = normal.vector(n);
  return {AffineQuadratic(H, {Matrix::Identity(n, n)}, -H * minimiser, Matrix::Zero(n, 1)),
          10 * normal.vector(n)};
}

/// The measured burn-in, t on a grid of 4000 points or so.
BurnIn measured(const Quadratic& c, const GradientDescent& method, Index last) {
  const Vector theta = Vector::Zero(1);
  std::vector<Index> at = log_spaced(1, last, 4000);
  at.insert(at.begin(), 0);
  const History run = jacobian_history(c.problem, method, c.start, theta, {.steps = last}, Forward{}, at);
  const Matrix exact = c.problem.minimiser_jacobian(theta);
  std::vector<double> errors;
  for (const Matrix& dx : run.dx) errors.push_back(relative_error(dx, exact));
  BurnIn b = unroll::burn_in(errors);
  b.peak = at[static_cast<std::size_t>(b.peak)];
  if (b.end) b.end = at[static_cast<std::size_t>(*b.end)];
  return b;
}

std::vector<Row> job(double kappa, const Step& step, std::uint64_t seed) {
  const Quadratic c = make_case(kappa, seed);
  const SpectralTerms terms = spectral_terms(c.problem, c.start, Vector::Zero(1));
  const GradientDescent method = step.make(terms.eigenvalues.minCoeff(), terms.eigenvalues.maxCoeff());
  const auto last = static_cast<Index>(std::lround(12 * kappa));
  const BurnInPrediction prediction = predict_burn_in(method, terms, last);
  Row row{cell(predicted_peak(method, terms.eigenvalues.minCoeff(), terms.eigenvalues.maxCoeff()))};
  for (const BurnIn& b : {measured(c, method, last), prediction.instance, prediction.worst_case}) {
    const std::string end = b.end ? fmt::format("{}", *b.end) : "";
    row.insert(row.end(), {fmt::format("{}", b.peak), cell(b.height), end});
  }
  return {row};
}

void compute(const Settings& settings, const std::filesystem::path& csv) {
  std::vector<Job> jobs;
  const int points = settings.choose(13, 5);
  const double decades = settings.choose(3.0, 1.0);
  for (const Step& step : steps) {
    for (int i = 0; i < points; ++i) {
      const double kappa = std::pow(10, 1 + decades * i / (points - 1));
      jobs.push_back({{"gradient descent", step.name, cell(kappa), fmt::format("{}", settings.seed)},
                      [&step, kappa, seed = settings.seed] { return job(kappa, step, seed); }});
    }
  }
  run_jobs({"solver", "step_size", "kappa", "seed", "peak_formula", "peak_measured", "height_measured",
            "end_measured", "peak_predicted", "height_predicted", "end_predicted", "peak_bound",
            "height_bound", "end_bound"},
           jobs, csv, settings.jobs);
}

/// Measured, predicted and bound of one quantity over κ.
Figure panel(const Records& records, const std::string& quantity) {
  Figure figure{.x_label = "condition number κ", .legend = Legend::ends};
  const auto kappa = records.numbers("kappa");
  const auto [low, high] = std::minmax_element(kappa.begin(), kappa.end());
  figure.x_range = {*low / 1.15, *high * 1.15};
  std::size_t style = 0;
  for (const std::string& step : records.different("step_size")) {
    const Records some = records.where("step_size", step);
    figure.curves.push_back(curve(some, "kappa", quantity + "_predicted", "h = " + step, style));
    figure.curves.push_back(curve(some, "kappa", quantity + "_measured", "", style, Stroke::points));
    figure.curves.push_back(curve(some, "kappa", quantity + "_bound", "", style, Stroke::dotted));
    style = style == 0 ? 5 : 1;
  }
  return figure;
}

Panels picture(const Records& records) {
  Figure length = panel(records, "end"), height = panel(records, "height");
  length.title = "length";
  length.y_range = {{1, 1e5}};
  height.y_range = {{1, 100}};
  length.y_label = "steps until the error is back at its start";
  height.title = "height";
  height.y_label = "largest error / error at the start";
  return {.name = "b_burn_in",
          .title = "Burn-in of gradient descent",
          .subtitle =
              "points: measured; lines: predicted by the closed form; dotted: by the worst-case bound. "
              "Quadratics, n = 40, ∂H = I",
          .figures = {length, height}};
}

/// `κ^1.00 (h = 1/L), …`: how a quantity grows.
std::string growth(const Records& records, const std::string& quantity) {
  std::string text;
  for (const std::string& step : records.different("step_size")) {
    const Records some = records.where("step_size", step);
    text += fmt::format("{}κ^{:.2f} (h = {})", text.empty() ? "" : ", ",
                        exponent(some.numbers("kappa"), some.numbers(quantity)), step);
  }
  return text;
}

std::string sentence(const Records& records) {
  const auto kappa = records.numbers("kappa"), height = records.numbers("height_measured");
  std::vector<double> bound = records.numbers("height_bound");
  for (std::size_t i = 0; i < height.size(); ++i) bound[i] /= height[i];
  const auto [tightest, loosest] = std::minmax_element(bound.begin(), bound.end());
  const auto percent = [&](const char* predicted, const char* measured) {
    return 100 * largest_deviation(records.numbers(predicted), records.numbers(measured));
  };
  return fmt::format(
      "From κ = {:.4g} to {:.4g} the burn-in of gradient descent grows in length like {}, in height like {}; "
      "the "
      "formula for its peak, t = 1/ln(1/ρ), is off by at most {:.2g} %, the closed form by {:.2g} % in "
      "length and "
      "{:.2g} % in height, and the bound {} ({:.2f} to {:.2f} times the height).",
      *std::min_element(kappa.begin(), kappa.end()), *std::max_element(kappa.begin(), kappa.end()),
      growth(records, "end_measured"), growth(records, "height_measured"),
      percent("peak_formula", "peak_measured"), percent("end_predicted", "end_measured"),
      percent("height_predicted", "height_measured"),
      *tightest > 1 - 1e-6 ? "holds everywhere" : "is violated", *tightest, *loosest);
}

}  // namespace

Study burn_in() { return {"b_burn_in", compute, picture, sentence}; }

}  // namespace figures
