#include "unroll/derivative/steps.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "unroll/error.hpp"

namespace unroll::detail {

namespace {
constexpr Index all = std::numeric_limits<Index>::max();
}

Steps::Steps(const Problem& problem, Start start, Vector theta, SolveOptions options, Equation equation)
    : problem_(problem),
      start_(std::move(start)),
      theta_(std::move(theta)),
      options_(std::move(options)),
      equation_(equation),
      x0_(start_.at(problem, theta_)) {
  check_point(problem_, x0_, theta_, "solve");
  check_options(options_);
}

Steps::Rehearsal::Rehearsal(Steps& steps) : steps_(steps), known_(std::exchange(steps.known_, all)) {}

const SolveOptions& Steps::options_from(Index t, Index to) {
  if (t >= known_ && to == options_.steps) return options_;
  if (t < known_) {
    silent_.steps = to;
    return silent_;
  }
  watched_.steps = to;
  return watched_;
}

void Steps::begin() {
  if (std::exchange(has_begun_, true)) return;
  if (options_.observer) options_.observer(0, x0_);
}

void Steps::go_on() {
  if (std::exchange(was_enough_, false)) has_ended_ = false;
}

void Steps::taken(Stop& stop, const Vector& x, Index accepted, std::optional<double> move, bool is_enough) {
  if (known_ == all) return;
  const bool ends = stop.status != Status::step_limit || stop.steps == options_.steps,
             is_over = ends || is_enough;
  if (has_ended_ || (stop.steps <= known_ && !is_over)) return;
  if (is_over) check_same_gradient(problem_, x, theta_, stop.steps);
  // All memory first: where there is none the run has not ended yet.
  Vector end = is_over ? x : Vector(), theta = is_over ? theta_ : Vector();
  known_ = std::max(known_, stop.steps);
  accepted_ += accepted;
  if (!is_over) return;
  has_ended_ = true;
  was_enough_ = !ends;
  stop.status = whole_status(stop.status, stop.steps, accepted_);
  record.x = std::move(end);
  record.steps = stop.steps;
  record.status = stop.status;
  record.theta = std::move(theta);
  last_move = move;
  if (stop.steps > 0) repeated_.ends(stop.steps, record.x);
}

std::optional<double> Steps::move_of(const Stop& stop, bool accepted, const Vector& x,
                                     const Vector& previous) {
  if (!accepted || stop.status == Status::non_finite || previous.size() == 0) return std::nullopt;
  return distance(x, previous);
}

double distance(const Vector& x, const Vector& y) { return (x - y).stableNorm(); }

Vector displaced_vector(const DualArray& a) { return a.block().col(0) + a.block().col(1); }

Matrix displaced_matrix(const DualArray& a) { return displaced_vector(a).reshaped(a.rows(), a.cols()); }

void write_rows(Matrix& x, Index first, const Matrix& rows) { x.middleRows(first, rows.rows()) = rows; }

void check_prepared(Index entries, Index before, const Fingerprint& now, const Fingerprint& then) {
  if (entries != before)
    throw ShapeError(fmt::format(
        "prepare: the result has {} entries, it had {} before: it must be a function of theta alone", entries,
        before));
  constexpr double tolerance =
      1e-3;  // off a tape and on it rounding differs, and what is prepared may amplify it
  if (!now.is_near(then, tolerance))
    throw UnsupportedError(
        "prepare: called again it gives other numbers than before: it must be a function of theta alone "
        "(draw "
        "random numbers by a generator that is seeded anew in every call)");
}

void throw_changed_list(std::size_t now, std::size_t before) {
  throw UnsupportedError(fmt::format(
      "the corrected derivative of a fixed point: a list of the state has {} elements, not {} as "
      "at the start, and cotangents of lists that grow have no sum; take Implicit{{}}, or Reverse{{}} "
      "uncorrected (or, of a solver whose x makes the gradient of f vanish, declare that by `static "
      "constexpr Equation equation = Equation::gradient`)",
      now, before));
}

void throw_short_run(Index steps, Index wanted) {
  throw NumericalError(fmt::format(
      "finite difference: the run beside took {} steps before it was not finite, the run itself {}", steps,
      wanted));
}

}  // namespace unroll::detail
