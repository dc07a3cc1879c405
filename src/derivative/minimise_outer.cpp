#include "unroll/derivative/minimise_outer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "unroll/error.hpp"

namespace unroll {

std::string_view describe(OuterStatus status) {
  switch (status) {
    case OuterStatus::step_limit:
      return "all outer steps were taken";
    case OuterStatus::converged:
      return "the outer gradient is within the tolerance";
    case OuterStatus::stalled:
      return "no step along the gradient brings the outer loss down: a minimum to the accuracy of the inner "
             "runs, "
             "or the inner runs are too short";
    case OuterStatus::non_finite:
      return "the inner run at theta, or the derivative of the outer loss there, is not finite: begin "
             "elsewhere";
  }
  return "unknown status";
}

namespace detail {

void check(const OuterOptions& o) {
  const auto require = [](bool holds, const char* name, double value) {
    if (!holds) throw DomainError(fmt::format("minimise_outer: {} is {}, out of its range", name, value));
  };
  require(o.steps >= 0, "steps", static_cast<double>(o.steps));
  require(o.tolerance >= 0, "tolerance", o.tolerance);
  require(o.first_step > 0 && std::isfinite(o.first_step), "first_step", o.first_step);
  require(o.sufficient_decrease > 0 && o.sufficient_decrease < 1, "sufficient_decrease",
          o.sufficient_decrease);
  require(o.last_inner_tolerance >= 0, "last_inner_tolerance", o.last_inner_tolerance);
  require(o.first_inner_tolerance >= o.last_inner_tolerance, "first_inner_tolerance",
          o.first_inner_tolerance);
  require(o.inner_tolerance_decay > 0 && o.inner_tolerance_decay <= 1, "inner_tolerance_decay",
          o.inner_tolerance_decay);
}

namespace {

/// The state of the descent: the point, and what is there.
class Descent {
 public:
  Descent(const Evaluate& evaluate, const Start& start, const Vector& theta, const OuterOptions& options,
          Judged judged)
      : evaluate_(evaluate),
        options_(options),
        judged_(judged),
        certified_(judged == Judged::by_bound),
        last_tolerance_(certified_ ? 1e-12 : options.last_inner_tolerance),
        start_(start),
        warm_(options.warm_start.value_or(true) && !start.depends_on_theta()),
        theta_(projected(theta)),
        tolerance_(certified_ ? 0.1 : options.first_inner_tolerance) {
    here_ = run(theta_);
    const bool is_of_steps = judged == Judged::by_all_steps && here_.status == Status::step_limit;
    if (!options.warm_start && is_of_steps && tolerance_ > 0) {
      warm_ = false;
      tolerance_ = last_tolerance_ = 0;
    }
    record();
    const double slope = here_.dtheta.norm();
    step_ = slope > 0 ? options.first_step / slope : 1;
  }

  OuterResult minimise() {
    OuterStatus status = OuterStatus::step_limit;
    for (Index k = 0; k < options_.steps && status == OuterStatus::step_limit; ++k) {
      if (is_finite(here_) && is_stationary())
        status = OuterStatus::converged;
      else if (!is_finite(here_) || !advance())
        status = OuterStatus::stalled;
    }
    if (!is_finite(here_)) status = OuterStatus::non_finite;
    return {theta_, here_.x, here_.value, status, std::move(steps_), total_, std::move(origin_)};
  }

 private:
  Vector projected(const Vector& theta) const { return options_.project ? options_.project(theta) : theta; }

  /// Whether the gradient is within the tolerance, looked at with the inner runs at their best, those that
  /// are unrolled with all steps, or by a bound.
  bool is_stationary() {
    const auto allowed = [&] { return options_.tolerance * std::max(1.0, std::abs(here_.value)); };
    if (!certified_) {
      const auto small = [&] { return gradient_norm() <= allowed(); };
      if (!small() || (tighten(0) && !small())) return false;
      // A run that stops early leaves few steps to differentiate, and a gradient that is small for want of
      // them: where the derivative is that of steps, all of them are taken.
      if (tolerance_ == 0 || judged_ == Judged::by_x) return true;
      last_tolerance_ = 0;
      tighten(0);
      return small();
    }
    while (gradient_norm() <= allowed())
      if (gradient_norm() + gradient_error(here_) <= allowed())
        return true;
      else if (!tighten(finer))
        return false;
    return false;
  }
  /// By how much F and its gradient may be off. Without a certificate they are taken as they are.
  double value_error(const Hypergradient& h) const {
    return certified_ ? h.value_error.value_or(std::numeric_limits<double>::infinity()) : 0;
  }
  static double gradient_error(const Hypergradient& h) {
    return h.certificate.bound.value_or(std::numeric_limits<double>::infinity());
  }
  static bool is_finite(const Hypergradient& h) {
    return h.status != Status::non_finite && h.status != Status::non_finite_derivative;
  }
  double gradient_norm() const { return (projected(theta_ - here_.dtheta) - theta_).norm(); }

  Hypergradient run(const Vector& theta) {
    const bool follows = warm_ && here_.x.size() > 0;
    Hypergradient h = evaluate_(theta, follows ? Start(here_.x) : start_, tolerance_, here_);
    total_ += h.cost;
    spent_ += h.cost;
    inner_steps_ += h.steps;
    return h;
  }

  /// Lowers the inner tolerance by a factor and looks again at where we are. False if it was at its last.
  bool tighten(double factor) {
    if (tolerance_ <= last_tolerance_) return false;
    tolerance_ = std::max(last_tolerance_, factor * tolerance_);
    here_ = run(theta_);
    steps_.back().value = here_.value;
    steps_.back().gradient_norm = gradient_norm();
    steps_.back().inner_tolerance = tolerance_;
    return true;
  }

  void record() {
    steps_.push_back({theta_, here_.value, gradient_norm(), inner_steps_, tolerance_, spent_});
    spent_ = {};
    inner_steps_ = 0;
    if (options_.observer) options_.observer(steps_.back());
  }

  /// One step down, or none.
  bool advance() {
    constexpr double faster = 0.01;
    if (!certified_) tolerance_ = std::max(last_tolerance_, options_.inner_tolerance_decay * tolerance_);
    const double length = step_;
    while (!search()) {
      step_ = length;
      if (!tighten(certified_ ? finer : faster)) return false;
    }
    record();
    return true;
  }

  /// Along the gradient, from step_ downwards.
  bool search() {
    constexpr int halvings = 30;
    bool all_throw = true;
    origin_.clear();
    for (int i = 0; i < halvings; ++i, step_ /= 2) {
      const Vector trial = projected(theta_ - step_ * here_.dtheta);
      const Vector move = trial - theta_;
      const double promised = here_.dtheta.dot(move);  // < 0
      if (!(promised < 0)) return false;
      Hypergradient there;
      try {
        there = run(trial);
      } catch (const Error& e) {  // too far: out of a domain, or F not finite
        if (all_throw && i + 1 == halvings) {
          if (steps_.size() == 1) throw;
          origin_ = e.what();
        }
        continue;
      }
      all_throw = false;
      if (!is_finite(there)) continue;
      const double errors = value_error(there) + value_error(here_);
      if (there.value + errors > here_.value + options_.sufficient_decrease * promised) {
        if (errors > -promised / 4) return false;  // they hide what it is
        continue;
      }
      const double bend = move.dot(there.dtheta - here_.dtheta);
      step_ = bend > 0 ? move.squaredNorm() / bend : 4 * step_;
      theta_ = trial;
      here_ = std::move(there);
      return true;
    }
    return false;
  }

  static constexpr double finer = 0.1;

  const Evaluate& evaluate_;
  const OuterOptions& options_;
  Judged judged_;
  bool certified_;
  double last_tolerance_;
  const Start& start_;
  bool warm_;
  Vector theta_;
  Hypergradient here_{};
  std::vector<OuterStep> steps_;
  double tolerance_;
  double step_ = 1;
  Cost spent_{}, total_{};
  Index inner_steps_ = 0;
  std::string origin_{};
};

}  // namespace

OuterResult minimise_outer(const Evaluate& evaluate, const Start& start, const Vector& theta,
                           const OuterOptions& options, Judged judged) {
  check(options);
  if (start.dx.size() > 0)
    throw UnsupportedError(
        "minimise_outer: x_0 with a dense dx_0 is of one theta; write x_0 as a function of theta, "
        "`Start([n](const auto& theta) { return head(theta, n); })` say");
  return Descent(evaluate, start, theta, options, judged).minimise();
}

}  // namespace detail
}  // namespace unroll
