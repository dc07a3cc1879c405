// Which way to differentiate? The error of a hypergradient against its cost, for every method, as the inner
// solver takes more and more steps: 30 penalties of a logistic regression, and its hold-out loss.
//
//   which_method [output directory]
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "draw.hpp"
#include "logistic_problems.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/metrics.hpp"
#include "unroll/compare/table.hpp"

namespace {

using namespace examples;

constexpr Index most_steps = 1000;

/// One method at one number of steps.
struct Point {
  Index steps;
  double cost;    // in gradients, a Hessian-vector product counted as two
  double error;   // relative
  double memory;  // KiB of tape
};
struct Line {
  std::string method;
  std::vector<Point> points;
};

class Study {
 public:
  explicit Study(const SignedRows& data)
      : training_{data.third(false).rows()},
        hold_out_{data.third(true).rows()},
        problem_(unroll::make_problem(PenalisedLoss{training_}, data.features.cols(), data.features.cols())),
        theta_(Vector::LinSpaced(problem_.parameters(), std::log(0.003), std::log(0.3))) {
    const Vector minimiser = unroll::newton_minimiser(problem_, theta_);
    const auto solver = unroll::GradientDescent{1.0};  // not to be used: no step is taken from the minimiser
    exact_ = hypergradient(hold_out_, problem_, solver, minimiser, theta_, {.steps = 0}, unroll::Implicit{})
                 .dtheta;
  }

  template <class Method>
  Line line(const std::string& name, const Method& method) const {
    const auto solver = unroll::Nesterov::optimal(
        std::exp(theta_.minCoeff()), loss_curvature(training_.rows) + std::exp(theta_.maxCoeff()));
    Line line{name, {}};
    for (const Index steps : unroll::log_spaced(5, most_steps, 16)) {
      const unroll::Hypergradient h = hypergradient(
          hold_out_, problem_, solver, Vector::Zero(problem_.dimension()), theta_, {.steps = steps}, method);
      line.points.push_back({steps,
                             static_cast<double>(h.cost.gradients + h.cost.recomputed_steps +
                                                 2 * h.cost.hessian_vector_products),
                             (h.dtheta - exact_).norm() / exact_.norm(),
                             static_cast<double>(h.cost.tape_bytes) / 1024});
    }
    return line;
  }

 private:
  LogisticLoss training_, hold_out_;
  unroll::TemplateProblem<PenalisedLoss> problem_;
  Vector theta_, exact_;
};

unroll::Figure figure(const std::vector<Line>& lines) {
  unroll::Figure f{.name = "which_method",
                   .subtitle = "breast_cancer_diagnostic, hold-out loss in 30 penalties, Nesterov's method",
                   .title = "Error of the hypergradient against its cost",
                   .x_label = "gradients of f, a Hessian-vector product counted as two",
                   .y_label = "relative error",
                   .lowest_y = 1e-12,
                   .level_label = "no derivative at all",
                   .curves = {}};
  for (const Line& line : lines) {
    unroll::Curve curve{.label = line.method, .style = f.curves.size()};
    for (const Point& p : line.points) {
      curve.x.push_back(p.cost);
      curve.y.push_back(p.error);
    }
    f.curves.push_back(curve);
  }
  return f;
}

/// The cheapest point at which the error is within a bound, or the end.
const Point& first_within(const Line& line, double error) {
  for (const Point& p : line.points)
    if (p.error <= error) return p;
  return line.points.back();
}

}  // namespace

int main(int argc, char** argv) {
  unroll::remove_staging_on_signals();
  const std::string directory = argc > 1 ? argv[1] : "which_method.out";
  const Study study(load(UNROLL_DATA_DIR "/breast_cancer_diagnostic.csv"));
  using unroll::LinearSolver;
  const std::vector<Line> lines{
      study.line("reverse", unroll::Reverse{}),
      study.line("reverse, truncated", unroll::Reverse{.last_steps = unroll::automatic}),
      study.line("one step", unroll::OneStep{}),
      study.line("forward", unroll::Forward{}),
      study.line("implicit, dense", unroll::Implicit{}),
      study.line("implicit, CG 1e-8",
                 unroll::Implicit{.linear_solver = LinearSolver::conjugate_gradient, .tolerance = 1e-8}),
  };
  unroll::Table table({"method", "1e-3 at steps", "cost", "tape", "error at the end", "cost", "tape"});
  bool all_converge = true;
  for (const Line& line : lines) {
    const Point &early = first_within(line, 1e-3), &last = line.points.back();
    table.add_row({line.method, fmt::format("{}", early.steps), fmt::format("{:.0f}", early.cost),
                   fmt::format("{:.0f} KiB", early.memory), fmt::format("{:.1e}", last.error),
                   fmt::format("{:.0f}", last.cost), fmt::format("{:.0f} KiB", last.memory)});
    all_converge = all_converge && (last.error < 1e-3 || line.method == "one step");
  }
  fmt::print("cost in gradients of f, a Hessian-vector product counted as two\n{}\n", table.str());
  draw(figure(lines), directory);
  return all_converge ? EXIT_SUCCESS : EXIT_FAILURE;
}
