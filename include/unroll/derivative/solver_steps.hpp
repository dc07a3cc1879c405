#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "unroll/derivative/run_inputs.hpp"

namespace unroll::detail {

/// Steps of a solver S, held as `Held`, by reference or by value. Those that need no tape are taken on one
/// too, soon forgotten: every pass does the same arithmetic, gives the same bits, takes the same branches.
template <class S, class Held = const S&>
class SolverSteps final : public Steps {
  using Plain = StateOf<S, Vector>;
  using Taped = StateOf<S, VarVector>;
  using DualState = StateOf<S, DualVector>;

 public:
  SolverSteps(const Problem& problem, const S& solver, Start start, Vector theta, SolveOptions options)
      : Steps(problem, std::move(start), std::move(theta), std::move(options), declared_equation<S>()),
        inputs_(problem, solver, this->theta(), record.cost) {
    check_solver(solver);
  }

  void run_until(const std::function<bool(const Vector& x)>& enough) override {
    begin();
    go_on();
    Index t = end_ ? record.steps : 0;
    if (!end_) end_.emplace(initial_state(solver(), x0()));
    bool is_enough = false;
    while (!has_ended()) {
      is_enough = enough && enough(iterate(*end_));
      const Index to = is_enough ? t : enough && t < length() ? t + 1 : length();
      auto end = loop<Vector, S>(inputs_.plain(), solver(), Plain(*end_), theta(), inputs_.prepared(), t,
                                 options_from(t, to), Ignore{});
      Stop stop{end.steps, end.status};
      if (end.before) {
        before_ = std::move(end.before);
        last_ = end.last;
      }
      std::optional<double> move;
      if (before_ && last_ == end.steps)
        move = distance(iterate(end.state), iterate(*before_));
      else if (end.steps > 0 && was_accepted(end.state))
        move = 0;
      taken(stop, iterate(end.state), end.accepted, move, is_enough);
      end_.emplace(std::move(end.state));
      t = stop.steps;
    }
  }

  void run_from(const Vector& x0, const Vector& theta, Index steps, const SeeIterate& see) const override {
    check_point(problem(), x0, theta, "finite difference");
    Plain first = initial_state(solver(), x0);
    see(0, iterate(first));
    const auto show = [&](Index t, const Plain& state) { see(t, iterate(state)); };
    const auto end = loop<Vector, S>(inputs_.plain(), solver(), std::move(first), theta,
                                     prepare(solver(), theta), 0, {.steps = steps}, show);
    if (end.steps < steps) throw_short_run(end.steps, steps);
  }

  Matrix run_forward(const Matrix& x0_dot, const Matrix& theta_dot, const SeeTangents& see) override {
    begin();
    const auto tangents = [&](const DualVector& x) {
      return x.directions() == 0 ? Matrix(Matrix::Zero(x.size(), theta_dot.cols())) : Matrix(x.tangents());
    };
    const SolveOptions& options = whole_run();
    Vector x, previous;  // the last two iterates, where they may be the last of the run
    const auto show = [&](Index t, const DualState& state) {
      const auto& now = iterate(state);
      if (see) see(t, now.value(), tangents(now));
      if (options.tolerance == 0 && t + 1 < options.steps) return;
      previous = std::exchange(x, now.value());
    };
    const RunContext<DualVector> context = inputs_.dual(theta_dot);
    DualState first = initial_state(solver(), DualVector(x0(), x0_dot));
    show(0, first);
    const auto end = loop<DualVector, S>(inputs_.oracle(context), solver(), std::move(first), context.theta,
                                         prepare(solver(), context.theta), 0, options, show);
    Stop stop{end.steps, end.status};
    const bool again = has_ended();
    Plain last = convert_state<Plain>(end.state, numbers);
    taken(stop, iterate(last), end.accepted, move_of(stop, was_accepted(end.state), x, previous));
    if (again) repeats_end(iterate(last));
    end_.emplace(std::move(last));
    return tangents(iterate(end.state));
  }

  void restart() override { state_.emplace(initial_state(solver(), x0())); }

  Stop advance(Index from, Index to, Segment& segment, std::size_t room) override {
    Stop stop{from, Status::step_limit};
    do {
      auto [prepared, state] = enter(entry_at(stop.steps), segment, room, gathers());
      stop = take_steps(state, prepared, stop.steps, to, segment, {});
      state_.emplace(convert_state<Plain>(state, numbers));
    } while (stop.steps < to && stop.status == Status::step_limit);
    return stop;
  }

  Stop record_steps(Index from, Index to, Segment& segment, std::size_t room,
                    const std::function<bool(Index t)>& marked) override {
    auto [prepared, state] = enter(entry_at(from), segment, room, gathers());
    if (marked && marked(from)) segment.mark(from, iterate(state));
    const Stop stop = take_steps(state, prepared, from, to, segment, marked);
    leave(state, segment);
    return stop;
  }

  void keep(Index slot) override {
    const auto i = static_cast<std::size_t>(slot);
    if (i >= kept_.size()) kept_.resize(i + 1);
    kept_[i].emplace(*state_);
  }
  void restore(Index slot) override { state_.emplace(*kept_[static_cast<std::size_t>(slot)]); }
  void drop(Index slot) override { kept_[static_cast<std::size_t>(slot)].reset(); }
  std::size_t bytes() const override { return state_bytes(*state_); }
  Vector x() const override { return iterate(*state_); }

  void to_end() override { state_ = end_; }
  void step_on(Index t) override {
    state_.emplace(
        take_last_step<Vector, S>(solver(), inputs_.plain(), Plain(*state_), theta(), t, inputs_.prepared()));
  }

  Index step_back() override {
    if (!before_) {  // so far all steps were on a tape
      auto end = loop<Vector, S>(inputs_.plain(), solver(), initial_state(solver(), x0()), theta(),
                                 inputs_.prepared(), 0, {.steps = record.steps}, Ignore{});
      repeats_end(iterate(end.state));
      before_ = std::move(end.before);
      last_ = end.last;
    }
    if (before_) state_ = before_;
    return last_;
  }

  void repeat_last_step() override {
    if (!before_) return;
    const Plain again =
        take_step<Vector, S>(solver(), inputs_.plain(), *before_, theta(), last_ - 1, inputs_.prepared());
    repeats_end(iterate(again));
    if (last_ == record.steps) repeated_others(print_of_others(again), print_of_others(*end_));
  }

  bool record_last_step(Index t, Entry entry, Segment& segment, const Gather& gather) override {
    auto [prepared, state] = enter(entry, segment, 0, gather);
    Taped next =
        take_last_step<VarVector, S>(solver(), inputs_.recording(), state, segment.theta(), t, prepared);
    check_same_shapes(next, state, t + 1);
    const bool gives_back_x = gives_back_iterate(next, state);
    inputs_.add_zeros(next);
    leave(next, segment);
    return was_accepted(next) && !gives_back_x;
  }

  Matrix push_last_step(Index t, const Matrix& state_dot, const Matrix& theta_dot) override {
    return pushed<true>(inputs_, with_tangents<DualState>(state_dot, *state_), t, theta_dot,
                        state_dot.cols());
  }

  Matrix push_last_step_beside(Index t, const Matrix& state_dot, const Matrix& theta_dot,
                               const Vector& state_by, const Vector& theta_by) override {
    const Vector beside = theta() + theta_by;
    RunInputs<S, Held> inputs(problem(), solver(), beside, record.cost);
    const Plain state = convert_state<Plain>(with_tangents<DualState>(state_by, *state_), plus_tangent);
    return pushed<true>(inputs, with_tangents<DualState>(state_dot, state), t, theta_dot, state_dot.cols());
  }

  Matrix push_step(Index t, const Matrix& state_dot) override {
    return pushed<false>(inputs_, with_tangents<DualState>(state_dot, *state_), t, {}, state_dot.cols());
  }

  Matrix push_start(Index t, const Matrix& theta_dot) override {
    DualState state = initial_state(solver(), DualVector(x0(), start().push(theta(), theta_dot)));
    return t == 0 ? stacked_tangents(state, theta_dot.cols())
                  : pushed<false>(inputs_, state, 0, theta_dot, theta_dot.cols());
  }

  std::optional<double> contraction(double smallest_eigenvalue) const override {
    return unroll::contraction(solver(), smallest_eigenvalue);
  }

  Matrix pull_prepared(const Matrix& cotangents) override { return inputs_.pull_prepared(cotangents); }

 private:
  const S& solver() const { return inputs_.solver(); }
  auto enter(Entry entry, Segment& segment, std::size_t room, const Gather& gather) {
    begin();
    return inputs_.enter(segment, room, gather, x0(), entry == Entry::start ? nullptr : &*state_);
  }
  // k tangents through a step, the frozen one where `is_last`.
  template <bool is_last>
  static Matrix pushed(RunInputs<S, Held>& inputs, const DualState& state, Index t, const Matrix& theta_dot,
                       Index k) {
    const RunContext<DualVector> context = inputs.dual(theta_dot);
    const auto f = inputs.oracle(context);
    const auto prepared = inputs.dual_prepared(context, theta_dot);
    const auto take = is_last ? take_last_step<DualVector, S> : take_step<DualVector, S>;
    return stacked_tangents(take(inputs.solver(), f, state, context.theta, t, prepared), k);
  }
  // The state as the outputs of a segment.
  static void leave(const Taped& state, Segment& segment) {
    for_each_placed(state, [&](const auto& taped, const Place& place) { segment.output(taped, place); });
    segment.end(iterate(state));
  }
  static Entry entry_at(Index t) { return t == 0 ? Entry::start : Entry::state; }
  // Moves the state on, as long as the segment has room.
  Stop take_steps(Taped& state, const PreparedOf<S, VarVector>& prepared, Index from, Index to,
                  Segment& segment, const std::function<bool(Index t)>& marked) {
    Stop stop{from, Status::step_limit};
    VarVector previous;
    Index accepted = 0;
    while (stop.steps < to) {
      if (options().tolerance > 0 || stop.steps + 1 == options().steps) previous = iterate(state);
      const auto before = gathers().states ? std::optional<Taped>(state) : std::nullopt;
      auto end = loop<VarVector, S>(inputs_.recording(), solver(), std::move(state), segment.theta(),
                                    prepared, stop.steps, options_from(stop.steps, stop.steps + 1), Ignore{});
      state = std::move(end.state);
      if (end.steps > stop.steps) {
        repeats(end.steps, state);
        // (A step that was refused, or gave x back, is none of the map.)
        if (was_accepted(state) && !(before && gives_back_iterate(state, *before))) inputs_.add_zeros(state);
      }
      if (stop.steps >= known()) accepted += end.accepted;
      if (marked && end.steps > stop.steps && marked(end.steps)) segment.mark(end.steps, iterate(state));
      stop = {end.steps, end.status};
      if (!segment.continues() || stop.status != Status::step_limit) break;
    }
    const bool had_ended = has_ended(),
               is_over = stop.status != Status::step_limit || stop.steps == options().steps;
    const Vector x = is_over && !had_ended ? iterate(state).value() : Vector();
    std::optional<Plain> last;  // made first: where there is no memory for it the run has not ended
    if (x.size() > 0) last.emplace(convert_state<Plain>(state, numbers));
    taken(stop, x, accepted,
          previous.size() == 0 || x.size() == 0 ? std::nullopt
                                                : move_of(stop, was_accepted(state), x, previous.value()));
    if (!had_ended && has_ended()) end_ = std::move(last);
    return stop;
  }

  RunInputs<S, Held> inputs_;
  std::optional<Plain> state_, end_;
  std::optional<Plain> before_;  // where the last step started from, after `run`
  Index last_ = 0;               // and its number
  std::vector<std::optional<Plain>> kept_;
};

}  // namespace unroll::detail
