// What the examples of the gallery share: their command line, a check of their derivatives by an independent
// computation, and what those cost beside it.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <unroll/compare/dataset.hpp>
#include <unroll/compare/normal.hpp>
#include <unroll/compare/table.hpp>
#include <unroll/derivative/minimise_outer.hpp>
#include <unroll/solver/solve.hpp>
#include <utility>
#include <vector>

#include "draw.hpp"
#include "progress.hpp"

namespace examples {

using unroll::Index;
using unroll::Matrix;
using unroll::Vector;

/// PROGRAM [output directory [time]]: where the figure goes, and whether costs are measured.
struct Arguments {
  std::string directory;
  bool timed;
  Arguments(int argc, char** argv, const std::string& name)
      : directory(argc > 1 ? argv[1] : name + ".out"), timed(argc > 2) {
    unroll::remove_staging_on_signals();
  }
};

/// The least times of two computations that take turns, in milliseconds.
template <class F, class G>
std::pair<double, double> least_times(const F& f, const G& g) {
  const auto time = [](const auto& what) {
    const auto start = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  };
  std::pair<double, double> least(INFINITY, INFINITY);
  for (int i = 0; i < 20; ++i) least = {std::min(least.first, time(f)), std::min(least.second, time(g))};
  return least;
}

/// Whether the gradient is that of F, which computes it without derivatives: along ten directions d of
/// entries ±1, ⟨gradient, d⟩ differs from the central difference by at most 1e-6 of ‖gradient‖. Says so, and,
/// where it is asked for, how long the gradient takes beside F.
template <class F, class Gradient>
bool check(const F& plain, const Gradient& gradient, const Vector& theta, const Arguments& arguments) {
  const Vector g = gradient(theta);
  unroll::NormalGenerator normal(1);
  Vector gaps(10);
  for (double& gap : gaps) {
    const double h = 1e-5;
    const Vector d = normal.vector(theta.size()).cwiseSign();
    const double slope = (plain(Vector(theta + h * d)) - plain(Vector(theta - h * d))) / (2 * h);
    gap = std::abs(g.dot(d) - slope) / g.norm();
  }
  const double worst = gaps.maxCoeff<Eigen::PropagateNaN>();
  fmt::print("gradient beside central differences: {:.1e} off, at most\n", worst);
  if (arguments.timed) {
    const auto [run, both] = least_times([&] { plain(theta); }, [&] { gradient(theta); });
    fmt::print("the run {:.3g} ms, the gradient {:.3g} ms: {:.2f} times\n", run, both, both / run);
  }
  return worst <= 1e-6;
}

/// For minimise_outer through all inner steps, from the same start each time, θ within bounds. How far it is
/// and what it reaches is shown while these options live.
inline unroll::OuterOptions through_all_steps(Index outer_steps, double lowest, double highest) {
  unroll::OuterOptions options{.steps = outer_steps, .first_inner_tolerance = 0, .last_inner_tolerance = 0};
  options.warm_start = false;
  options.project = [=](const Vector& theta) -> Vector { return theta.cwiseMax(lowest).cwiseMin(highest); };
  options.observer = [=, progress = std::make_shared<Progress>(),
                      taken = Index{0}](const unroll::OuterStep& s) mutable {
    ++taken;
    progress->show(fmt::format("{:.6f} in {} of at most {} runs", s.value, taken, outer_steps + 1), taken,
                   outer_steps + 1);
  };
  return options;
}

/// Where `steps` steps of a heavy ball lead. How far it is and what it reaches is shown.
template <class F, class Gradient>
Vector descend(const F& f, const Gradient& gradient, Vector theta, double step_size, Index steps) {
  Progress progress;
  Vector step = Vector::Zero(theta.size());
  for (Index k = 0; k < steps; ++k) {
    if (k % 25 == 0) progress.show(fmt::format("{:.6f} after {} of {} steps", f(theta), k, steps), k, steps);
    step = 0.9 * step - step_size * gradient(theta);
    theta += step;
  }
  return theta;
}

/// A figure without curves.
inline unroll::Figure figure(const std::string& name, const std::string& title, const std::string& x_label,
                             const std::string& y_label, double lowest_y = 1e-8) {
  return {.name = name, .title = title, .x_label = x_label, .y_label = y_label, .lowest_y = lowest_y};
}
/// A curve of its own style through the points (x, f(x)).
template <class F>
const unroll::Curve& add_curve(unroll::Figure& figure, const std::string& label,
                               const std::vector<double>& xs, const F& f) {
  unroll::Curve curve{.label = label, .x = xs, .style = figure.curves.size()};
  for (const double x : xs) curve.y.push_back(f(x));
  return figure.curves.emplace_back(curve);
}
/// f(x_t) against t + 1.
template <class F>
const unroll::Curve& add_curve(unroll::Figure& figure, const std::string& label,
                               const unroll::Trajectory& run, const F& f) {
  std::vector<double> ts(run.iterates.size());
  std::iota(ts.begin(), ts.end(), 1.0);
  const auto at = [&](double t) { return f(run.iterates[static_cast<std::size_t>(t) - 1]); };
  return add_curve(figure, label, ts, at);
}

/// The end: a table on stdout, a figure in the directory.
inline void show(const unroll::Table& table, const unroll::Figure& figure, const Arguments& arguments) {
  fmt::print("{}", table.str());
  draw(figure, arguments.directory);
}

}  // namespace examples
