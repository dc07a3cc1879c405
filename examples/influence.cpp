// Which training rows move a prediction most? With one weight per row as θ, ∂x*(θ) says it for all rows at
// once; training again without the row says whether that is true.
//
//   influence [output directory]
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "draw.hpp"
#include "logistic_problems.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/table.hpp"

namespace {

using namespace examples;

/// 0 for the smallest of the values, 1 for the next, …
Vector ranks(const Vector& values) {
  std::vector<Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return values[a] < values[b]; });
  Vector rank(values.size());
  for (std::size_t k = 0; k < order.size(); ++k) rank[order[k]] = static_cast<double>(k);
  return rank;
}

/// Spearman's rank correlation.
double rank_correlation(const Vector& a, const Vector& b) {
  const Vector ra = ranks(a).array() - ranks(a).mean(), rb = ranks(b).array() - ranks(b).mean();
  return ra.dot(rb) / (ra.norm() * rb.norm());
}

/// The rows with the largest |values|, the largest first.
std::vector<Index> largest(const Vector& values, std::size_t count) {
  std::vector<Index> order(static_cast<std::size_t>(values.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return std::abs(values[a]) > std::abs(values[b]); });
  order.resize(count);
  return order;
}

unroll::Figure figure(const Vector& predicted, const Vector& actual) {
  unroll::Figure f{.name = "influence",
                   .subtitle = "breast_cancer_diagnostic, the 20 rows of most influence on one prediction",
                   .title = "Change of the log-odds without the row",
                   .x_label = "rank by the Jacobian",
                   .y_label = "|change|",
                   .lowest_y = 1e-4,
                   .level_label = "",
                   .curves = {{.label = "by the Jacobian", .style = 1},
                              {.label = "trained again", .style = 4, .stroke = unroll::Stroke::points}}};
  for (Index k = 0; k < predicted.size(); ++k)
    for (std::size_t curve = 0; curve < 2; ++curve) {
      f.curves[curve].x.push_back(static_cast<double>(k + 1));
      f.curves[curve].y.push_back(std::abs(curve == 0 ? predicted[k] : actual[k]));
    }
  const Vector changes = (Vector(2 * predicted.size()) << predicted, actual).finished().cwiseAbs();
  const double decade = std::floor(std::log10(changes.minCoeff()));
  f.y_range = {std::pow(10, decade), 1.25 * changes.maxCoeff()};
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  unroll::remove_staging_on_signals();
  const std::string directory = argc > 1 ? argv[1] : "influence.out";
  const SignedRows data = load(UNROLL_DATA_DIR "/breast_cancer_diagnostic.csv");
  const double penalty = 0.01;
  const Index n = data.features.cols(), p = data.features.rows();
  const auto problem = unroll::make_problem(WeightedLoss{data.rows(), penalty}, n, p);
  const Vector weights = Vector::Ones(p);

  const auto solver = unroll::Nesterov::optimal(penalty, loss_curvature(data.rows()) + penalty);
  const unroll::Derivative d = jacobian(problem, solver, Vector::Zero(n), weights,
                                        {.steps = 5000, .tolerance = 1e-12}, unroll::Implicit{});
  fmt::print("{} rows, {} features; trained in {} steps\ncertificate of the Jacobian: {}\n\n", p, n, d.steps,
             d.certificate.message());

  // The patient whose prediction is least sure, and what each row does to it.
  const Vector odds = data.features * d.x;
  Index patient = 0;
  odds.cwiseAbs().minCoeff(&patient);
  const Vector query = data.features.row(patient).transpose();
  const Vector influence = -d.dx.transpose() * query;  // weight 1 → 0

  constexpr std::size_t count = 20;
  const std::vector<Index> top = largest(influence, count);
  const auto outcomes = unroll::batch(
      count,
      [&](Index k) {
        Vector without = weights;
        without[top[static_cast<std::size_t>(k)]] = 0;
        return query.dot(unroll::newton_minimiser(problem, without)) - odds[patient];
      },
      2);
  unroll::Table table({"rank", "row", "label", "by the Jacobian", "trained again"});
  Vector predicted(count), actual(count);
  for (std::size_t k = 0; k < count; ++k) {
    const auto i = static_cast<Index>(k);
    predicted[i] = influence[top[k]];
    actual[i] = outcomes[k].value();
    table.add_row({fmt::format("{}", k + 1), fmt::format("{}", top[k]),
                   fmt::format("{:+.0f}", data.labels[top[k]]), fmt::format("{:+.4f}", predicted[i]),
                   fmt::format("{:+.4f}", actual[i])});
  }
  const double correlation = rank_correlation(predicted, actual);
  fmt::print("change of the log-odds of patient {} ({:+.3f}) without the row\n{}\n", patient, odds[patient],
             table.str());
  fmt::print("rank correlation over these {} rows: {:.3f}, of the sizes alone: {:.3f}\n", count, correlation,
             rank_correlation(predicted.cwiseAbs(), actual.cwiseAbs()));
  draw(figure(predicted, actual), directory);
  return correlation > 0.9 ? EXIT_SUCCESS : EXIT_FAILURE;
}
