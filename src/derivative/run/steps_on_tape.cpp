#include <utility>

#include "run_inputs.hpp"
#include "state_parts.hpp"
#include "steps.hpp"

/// Stretches of a run on a tape, and its last step.
namespace unroll::detail {

namespace {
/// The state as the outputs of a segment.
void leave(const AnyState<VarVector>& state, Segment& segment) {
  for_each_carrier(state, [&](const auto& a, const Place& place) { segment.output(a, place); });
  segment.end(state.iterate());
}
}  // namespace

Entered Steps::enter(Entry entry, Segment& segment, std::size_t room, const Gather& gather) {
  begin();
  return inputs_->enter(segment, room, gather, x0_, entry == Entry::start ? nullptr : &*state_);
}

bool Steps::sums_miss_gradients() const { return inputs_->sums_miss(); }

void Steps::restart() { state_ = solver_->plain().start(x0_, theta_); }

Stop Steps::advance(Index from, Index to, Segment& segment, std::size_t room) {
  Stop stop{from, Status::step_limit};
  do {
    const Recorded recorded = record_steps(stop.steps, to, segment, room);
    state_ = solver_->taped().out_of(*recorded.state);
    stop = recorded;
  } while (stop.steps < to && stop.status == Status::step_limit);
  return stop;
}

Steps::Recorded Steps::record_steps(Index from, Index to, Segment& segment, std::size_t room,
                                    const std::function<bool(Index t)>& marked) {
  using State = AnyState<VarVector>;
  auto [given, state] = enter(from == 0 ? Entry::start : Entry::state, segment, room, gather_);
  if (marked && marked(from)) segment.mark(from, state->iterate());
  VarVector previous;
  Index accepted = 0;
  const auto see = [&](Index t, State& now, const State& before) {
    if (options_.tolerance > 0 || t == options_.steps) previous = before.iterate();
    if (repeated_.watches(t)) repeated_.check(t, print_of(now), t > known_);
    // (A step that was refused, or gave x back, is none of the map.)
    if (now.was_accepted() && !(gather_.states && gives_back_iterate(now, before))) inputs_->add_zeros(now);
    if (t > known_ && now.was_accepted()) ++accepted;
    if (marked && marked(t)) segment.mark(t, now.iterate());
    return segment.continues();
  };
  const auto end =
      loop<VarVector>(inputs_->recording(segment, *given), state, {from, to, known_}, options_, see);
  Stop stop{end.steps, end.status};
  const bool had_ended = has_ended(),
             is_over = stop.status != Status::step_limit || stop.steps == options_.steps;
  const Vector x = is_over && !had_ended ? state->iterate().value() : Vector();
  StatePtr<Vector> last;  // made first: where there is no memory for it the run has not ended
  if (x.size() > 0) last = solver_->taped().out_of(*state);
  note_stretch(stop, x, accepted,
               previous.size() == 0 || x.size() == 0
                   ? std::nullopt
                   : move_of(stop, state->was_accepted(), x, previous.value()));
  if (!had_ended && has_ended()) end_ = std::move(last);
  leave(*state, segment);
  return {stop, std::move(state)};
}

void Steps::keep(Index slot) {
  const auto i = static_cast<std::size_t>(slot);
  if (i >= kept_.size()) kept_.resize(i + 1);
  kept_[i] = state_->copy();
}
void Steps::restore(Index slot) { state_ = kept_[static_cast<std::size_t>(slot)]->copy(); }
void Steps::drop(Index slot) { kept_[static_cast<std::size_t>(slot)].reset(); }
std::size_t Steps::bytes() const { return state_->bytes(); }
Vector Steps::x() const { return state_->iterate(); }

void Steps::to_end() { state_ = end_->copy(); }

void Steps::step_on(Index t) { state_ = stepped(*state_, t, last<Vector>()); }

// The state that step t, on plain arrays, makes of another.
StatePtr<Vector> Steps::stepped(const AnyState<Vector>& from, Index t, SolverIn<Vector>::Which which) const {
  const auto [solver, f, theta, prepared] = inputs_->plain();
  StatePtr<Vector> next;
  solver.step(f, from, theta, t, prepared, next, which);
  return next;
}

Index Steps::step_back() {
  if (!before_) {  // so far all steps were on a tape
    StatePtr<Vector> state = solver_->plain().start(x0_, theta_);
    auto end = loop<Vector>(inputs_->plain(), state, {0, record.steps}, {});
    repeats_end(state->iterate());
    before_ = std::move(end.before);
    last_ = end.last;
  }
  if (before_) state_ = before_->copy();
  return last_;
}

void Steps::repeat_last_step() {
  if (!before_) return;
  const StatePtr<Vector> again = stepped(*before_, last_ - 1, SolverIn<Vector>::Which::step);
  repeats_end(again->iterate());
  if (last_ == record.steps) repeated_.check_others(print_of(*again).others, print_of(*end_).others);
}

bool Steps::record_last_step(Index t, Entry entry, Segment& segment, const Gather& gather) {
  const auto entered = enter(entry, segment, 0, gather);
  const auto [solver, f, theta, prepared] = inputs_->recording(segment, *entered.prepared);
  StatePtr<VarVector> next;
  solver.step(f, *entered.state, theta, t, prepared, next, last<VarVector>());
  check_same_shapes(*next, *entered.state, t + 1);
  const bool gives_back_x = gives_back_iterate(*next, *entered.state);
  inputs_->add_zeros(*next);
  leave(*next, segment);
  return next->was_accepted() && !gives_back_x;
}

namespace {
/// Stacked tangents of what one step makes of a state.
Matrix pushed(RunInputs& inputs, const AnyState<DualVector>& state, Index t, const Matrix& theta_dot,
              Index directions, SolverIn<DualVector>::Which which) {
  const auto moving = inputs.moving(theta_dot);
  const auto [solver, f, theta, prepared] = inputs.pushing(*moving);
  StatePtr<DualVector> next;
  solver.step(f, state, theta, t, prepared, next, which);
  return stacked_tangents(*next, directions);
}
}  // namespace

Matrix Steps::push_last_step(Index t, const Matrix& state_dot, const Matrix& theta_dot) {
  return pushed(*inputs_, *with_tangents(solver_->dual(), *state_, state_dot), t, theta_dot, state_dot.cols(),
                last<DualVector>());
}

Matrix Steps::push_last_step_beside(Index t, const Matrix& state_dot, const Matrix& theta_dot,
                                    const Vector& state_by, const Vector& theta_by) {
  const SolverIn<DualVector>& dual = solver_->dual();
  const Vector beside = theta_ + theta_by;
  RunInputs inputs(problem_, *solver_, beside, record.cost);
  const StatePtr<Vector> state = dual.out_of(*with_tangents(dual, *state_, state_by), PlusTangent());
  return pushed(inputs, *with_tangents(dual, *state, state_dot), t, theta_dot, state_dot.cols(),
                last<DualVector>());
}

Matrix Steps::push_start(Index t, const Matrix& theta_dot) {
  const auto state =
      solver_->dual().start(DualVector(x0_, start_.push(theta_, theta_dot)), DualVector(theta_, theta_dot));
  return t == 0 ? stacked_tangents(*state, theta_dot.cols())
                : pushed(*inputs_, *state, 0, theta_dot, theta_dot.cols(), SolverIn<DualVector>::Which::step);
}

Matrix Steps::pull_to_theta(const Cotangents& start) {
  Matrix theta = start.theta;
  if (start.prepared.rows() > 0) theta += inputs_->pull_prepared(start.prepared);
  if (start_.depends_on_theta()) theta += start_.pull(theta_, start.state);
  return theta;
}

}  // namespace unroll::detail
