#include "steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "run_inputs.hpp"
#include "state_parts.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

double distance(const Vector& x, const Vector& y) { return (x - y).stableNorm(); }

void check_product(const char* operation, const char* name, const Vector& vector, Index size) {
  if (vector.size() != size)
    throw ShapeError(fmt::format("{}: the {} has {} entries, not {}", operation, name, vector.size(), size));
  for (Index i = 0; i < size; ++i)
    if (!std::isfinite(vector[i]))
      throw DomainError(fmt::format("{}: {}[{}] is {}", operation, name, i, vector[i]));
}

Steps::Steps(const Problem& problem, std::shared_ptr<const AnySolver> solver, Start start, Vector theta,
             SolveOptions options)
    : problem_(problem),
      start_(std::move(start)),
      theta_(std::move(theta)),
      options_(std::move(options)),
      x0_(start_.at(problem, theta_)),
      solver_(std::move(solver)) {
  check_point(problem_, x0_, theta_, "solve");
  check_options(options_);
  solver_->check();
  inputs_ = std::make_unique<RunInputs>(problem_, *solver_, theta_, record.cost);
}

Steps::~Steps() = default;

void DeleteSteps::operator()(Steps* steps) const { delete steps; }

StepsPtr steps_of(const Problem& problem, AnySolverPtr solver, const Start& start, const Vector& theta,
                  const SolveOptions& options) {
  return StepsPtr(new Steps(problem, std::move(solver), start, theta, options));
}

// Once, before the first step: shows x_0.
void Steps::begin() {
  if (std::exchange(has_begun_, true)) return;
  if (options_.observer) options_.observer(0, x0_);
}

// A stretch was taken up to `stop`, whose iterate is x: how many of its steps were accepted, and how far the
// last of them moved. Says in `stop` how a run ended that is over.
void Steps::note_stretch(Stop& stop, const Vector& x, Index accepted, std::optional<double> move,
                         bool is_enough) {
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

void Steps::run_until(const std::function<bool(const Vector& x)>& enough) {
  begin();
  if (std::exchange(was_enough_, false)) has_ended_ = false;
  Index t = end_ ? record.steps : 0;
  if (!end_) end_ = solver_->plain().start(x0_, theta_);
  if (has_ended()) return;
  bool is_enough = enough && enough(end_->iterate());
  const auto see = [&](Index step, const AnyState<Vector>& now, const AnyState<Vector>&) {
    is_enough = enough && step < length() && enough(now.iterate());
    return !is_enough;
  };
  StatePtr<Vector> state = end_->copy();
  auto end = loop<Vector>(inputs_->plain(), state, {t, is_enough ? t : length(), known_}, options_, see);
  Stop stop{end.steps, end.status};
  if (end.before) {
    before_ = std::move(end.before);
    last_ = end.last;
  }
  std::optional<double> move;
  if (before_ && last_ == end.steps)
    move = distance(state->iterate(), before_->iterate());
  else if (end.steps > 0 && state->was_accepted())
    move = 0;
  note_stretch(stop, state->iterate(), end.accepted, move, is_enough);
  end_ = std::move(state);
}

void Steps::run_from(const Vector& x0, const Vector& theta, Index steps, const SeeIterate& see) const {
  check_point(problem_, x0, theta, "finite difference");
  const SolverIn<Vector>& solver = solver_->plain();
  StatePtr<Vector> state = solver.start(x0, theta);
  see(0, state->iterate());
  const auto prepared = solver.prepare(theta);
  const auto show = [&](Index t, const AnyState<Vector>& now, const AnyState<Vector>&) {
    see(t, now.iterate());
    return true;
  };
  const auto end = loop<Vector>({solver, inputs_->oracle(), theta, *prepared}, state, {0, steps}, {}, show);
  if (end.steps < steps)
    throw NumericalError(fmt::format(
        "finite difference: the run beside took {} steps before it was not finite, the run itself {}",
        end.steps, steps));
}

Matrix Steps::run_forward(const Matrix& x0_dot, const Matrix& theta_dot, const SeeTangents& see) {
  begin();
  const auto tangents = [&](const DualVector& x) {
    return x.directions() == 0 ? Matrix(Matrix::Zero(x.size(), theta_dot.cols())) : Matrix(x.tangents());
  };
  const bool again = has_ended();
  Vector x, previous;  // the last two iterates, where they may be the last of the run
  const auto show = [&](Index t, const AnyState<DualVector>& state) {
    const DualVector& now = state.iterate();
    if (see) see(t, now.value(), tangents(now));
    if ((again || options_.tolerance == 0) && t + 1 < length()) return;
    previous = std::exchange(x, now.value());
  };
  const auto moving = inputs_->moving(theta_dot);
  StatePtr<DualVector> state = solver_->dual().start(DualVector(x0_, x0_dot), moving->context.theta);
  show(0, *state);
  const auto end = loop<DualVector>(inputs_->pushing(*moving), state, {0, length(), known_}, options_,
                                    [&](Index t, const AnyState<DualVector>& now,
                                        const AnyState<DualVector>&) { return show(t, now), true; });
  Stop stop{end.steps, end.status};
  StatePtr<Vector> last = solver_->dual().out_of(*state);
  note_stretch(stop, last->iterate(), end.accepted, move_of(stop, state->was_accepted(), x, previous));
  if (again) repeats_end(last->iterate());
  end_ = std::move(last);
  return tangents(state->iterate());
}

// ‖x − previous‖ of the step that ended a run, if it counts.
std::optional<double> Steps::move_of(const Stop& stop, bool accepted, const Vector& x,
                                     const Vector& previous) {
  if (!accepted || stop.status == Status::non_finite || previous.size() == 0) return std::nullopt;
  return distance(x, previous);
}

}  // namespace unroll::detail
