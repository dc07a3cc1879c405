// Tunes one penalty per feature of a logistic regression by gradient descent on the hold-out loss, and
// compares ways to differentiate through the training: time, memory, and what they reach.
//
//   hyperparameter_tuning [outer steps] [output directory]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <type_traits>
#include <vector>

#include "draw.hpp"
#include "logistic_problems.hpp"
#include "progress.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/table.hpp"

namespace {

using namespace examples;

// λ_j is kept within these.
const double lowest = std::log(1e-3), highest = std::log(10.0);

struct Tuned {
  std::string name;
  unroll::OuterResult result;
  double seconds;
  double loss;  // on the hold-out rows, of the exact minimiser at the θ that was found
};

class Study {
 public:
  explicit Study(const SignedRows& data)
      : training_{data.third(false).rows()},
        hold_out_{data.third(true).rows()},
        problem_(unroll::make_problem(PenalisedLoss{training_}, data.features.cols(), data.features.cols())),
        loss_curvature_(loss_curvature(training_.rows)) {}

  Index features() const { return problem_.dimension(); }

  double hold_out_loss(const Vector& theta) const {
    return hold_out_(unroll::newton_minimiser(problem_, theta), theta);
  }

  /// log λ, of the best of 25 single penalties.
  double best_single() const {
    double best = lowest, least = INFINITY;
    for (const double candidate : Vector::LinSpaced(25, lowest, highest)) {
      const double loss = hold_out_loss(Vector::Constant(features(), candidate));
      if (loss < least) least = loss, best = candidate;
    }
    return best;
  }

  template <class Method>
  Tuned tune(const std::string& name, const Vector& theta, Index steps, const Method& method) const {
    // Unrolling needs its steps whether x moves or not; the implicit equation needs but x.
    const bool implicit = !std::is_same_v<Method, unroll::Reverse>;
    unroll::OuterOptions options{.steps = steps,
                                 .first_inner_tolerance = implicit ? 1e-4 : 0,
                                 .last_inner_tolerance = implicit ? 1e-8 : 0};
    options.project = [](const Vector& t) -> Vector { return t.cwiseMax(lowest).cwiseMin(highest); };
    // f's curvature at θ lies between the least penalty and the loss's own plus the greatest.
    const auto solver = [&](const Vector& t) {
      return unroll::Nesterov::optimal(std::exp(t.minCoeff()), loss_curvature_ + std::exp(t.maxCoeff()));
    };
    const auto start = std::chrono::steady_clock::now();
    // How far it is, and, where that took long, what it reached: an interrupted run leaves this.
    Progress progress;
    Index taken = 0;
    options.observer = [&](const unroll::OuterStep& s) {
      ++taken;
      progress.show(fmt::format("{}: {} of at most {} outer steps, hold-out loss {:.5f}", name, taken,
                                steps + 1, s.value),
                    taken, steps + 1);
    };
    const Vector x0 = Vector::Zero(features());
    unroll::OuterResult result = unroll::minimise_outer(hold_out_, problem_, solver, x0, theta,
                                                        {.steps = implicit ? 2000 : 200}, options, method);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const double loss = hold_out_loss(result.theta);
    progress.clear();
    if (elapsed > std::chrono::seconds(1))
      fmt::print(stderr, "{}: hold-out loss {:.5f} in {:.2f} s\n", name, loss, elapsed.count());
    return {name, std::move(result), elapsed.count(), loss};
  }

 private:
  LogisticLoss training_, hold_out_;
  unroll::TemplateProblem<PenalisedLoss> problem_;
  double loss_curvature_;
};

double work_of(const unroll::Cost& cost) {
  return static_cast<double>(cost.gradients + cost.hessian_vector_products);
}
/// Gradients and products until the hold-out loss is this low.
double work_to(const Tuned& t, double loss) {
  double work = 0;
  for (const unroll::OuterStep& s : t.result.steps) {
    work += work_of(s.cost);
    if (s.value <= loss) break;
  }
  return work;
}

unroll::Figure figure(const std::vector<Tuned>& all, double single) {
  double best = single;
  for (const Tuned& t : all)
    for (const unroll::OuterStep& s : t.result.steps) best = std::min(best, s.value);
  unroll::Figure f{.name = "hyperparameter_tuning",
                   .subtitle = "breast_cancer_diagnostic, one penalty per feature",
                   .title = "Hold-out loss while penalties are tuned",
                   .x_label = "outer steps + 1",
                   .y_label = "hold-out loss above the best seen, relative",
                   .lowest_y = 1e-4,
                   .level_label = "best single penalty",
                   .curves = {},
                   .y_range = {{1e-4, 2}}};
  for (const Tuned& t : all) {
    unroll::Curve curve{.label = t.name, .style = f.curves.size()};
    for (const unroll::OuterStep& s : t.result.steps) {
      curve.x.push_back(static_cast<double>(curve.x.size() + 1));
      curve.y.push_back((s.value - best) / (single - best));
    }
    f.curves.push_back(curve);
  }
  return f;
}

}  // namespace

int main(int argc, char** argv) {
  unroll::remove_staging_on_signals();
  const Index steps = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 40;
  const std::string directory = argc > 2 ? argv[2] : "hyperparameter_tuning.out";
  const Study study(load(UNROLL_DATA_DIR "/breast_cancer_diagnostic.csv"));
  const Vector start = Vector::Constant(study.features(), study.best_single());
  const double single = study.hold_out_loss(start);
  fmt::print("best single penalty {:.4f}: hold-out loss {:.5f}\n\n", std::exp(start[0]), single);

  const std::vector<Tuned> all{
      study.tune("unrolled", start, steps, unroll::Reverse{}),
      study.tune("truncated", start, steps, unroll::Reverse{.last_steps = 50}),
      study.tune("implicit", start, steps, unroll::Implicit{}),
      study.tune(
          "implicit, CG", start, steps,
          unroll::Implicit{.linear_solver = unroll::LinearSolver::conjugate_gradient, .tolerance = 1e-6}),
      study.tune("certified", start, 2 * steps, unroll::Certified{1e-6}),  // of which each is cheaper
  };
  unroll::Table table(
      {"method", "hold-out loss", "below single", "outer steps", "gradients", "HVPs", "tape", "time"});
  bool better = true;
  for (const Tuned& t : all) {
    const unroll::Cost& cost = t.result.cost;
    table.add_row({t.name, fmt::format("{:.5f}", t.loss),
                   fmt::format("{:.1f} %", 100 * (1 - t.loss / single)),
                   fmt::format("{}", t.result.steps.size() - 1), fmt::format("{}", cost.gradients),
                   fmt::format("{}", cost.hessian_vector_products),
                   fmt::format("{:.0f} KiB", static_cast<double>(cost.tape_bytes) / 1024),
                   fmt::format("{:.2f} s", t.seconds)});
    better = better && t.loss < single;
  }
  const Tuned& certified = all.back();
  const Tuned& other = *std::min_element(all.begin(), all.end() - 1,
                                         [](const Tuned& a, const Tuned& b) { return a.loss < b.loss; });
  const double share = work_to(certified, other.loss) / work_of(other.result.cost);
  fmt::print("{}\n", table.str());
  fmt::print(
      "certified is down at the best other loss, {}'s, with {:.0f} % of its gradients and products\n\n",
      other.name, 100 * share);
  draw(figure(all, single), directory);
  return better && certified.loss <= other.loss && share <= 0.5 ? EXIT_SUCCESS : EXIT_FAILURE;
}
