#pragma once

#include <optional>
#include <vector>

#include "unroll/derivative/segment.hpp"
#include "unroll/derivative/state_members.hpp"
#include "unroll/solver/run.hpp"

namespace unroll::detail {

/// Where a stretch of a run ended, and why.
struct Stop {
  Index steps;    // taken
  Status status;  // how the run ended
};

/// What a run is asked of a step from t on: the first time its options, later silence.
struct Ground {
  SolveOptions first{};
  Index known = 0;  // steps before it have been taken before
  SolveOptions silent{};

  const SolveOptions& options(Index t, Index to) {
    SolveOptions& options = t < known ? silent : first;
    options.steps = to;
    return options;
  }
};

/// A run whose solver's type is forgotten. It has one state, can keep others, and can take steps from it, off
/// a tape or on.
class Replay {
 public:
  virtual ~Replay() = default;
  /// The state becomes that of step 0.
  virtual void restart() = 0;
  /// The state, of step `from`, moves on to step `to` > from. On the memory of `segment`, which begins anew,
  /// with `room`, whenever that is full.
  virtual Stop advance(Index from, Index to, Ground& ground, Segment& segment, std::size_t room) = 0;
  /// Records the same in `segment`, or as many steps as it finds room for; the state stays. A segment from
  /// step 0 enters with x_0.
  virtual Stop record(Index from, Index to, Ground& ground, Segment& segment) = 0;
  virtual void keep(Index slot) = 0;
  virtual void restore(Index slot) = 0;
  virtual void drop(Index slot) = 0;
  /// Of the state, if it were kept.
  virtual std::size_t bytes() const = 0;
  virtual const Vector& x() const = 0;
};

/// What OneStep differentiates: the solver's frozen step for its step.
template <class S>
struct Frozen {
  const S& solver;

  template <class V>
  auto init(const V& x0) const {
    return initial_state(solver, x0);
  }
  template <class V>
  StateOf<S, V> step(const Oracle<V>& f, const StateOf<S, V>& state, const V& theta, Index t) const {
    return solver.frozen_step(f, state, theta, t);
  }
};

/// The run of a solver. What is taped is `taped`, the solver or its frozen step. Steps that need no tape are
/// taken on one too, which is soon forgotten: so every pass over a step does the same arithmetic, gives the
/// same bits and takes the same branches. Unless the solver's own step is not what is taped; then that need
/// not be possible on a tape, and is taken on plain arrays.
template <class S, class TapedSolver>
class SolverReplay final : public Replay {
  using Plain = StateOf<S, Vector>;
  using Taped = StateOf<S, VarVector>;

 public:
  SolverReplay(const Problem& problem, const S& solver, const TapedSolver& taped, const Vector& x0,
               const Vector& theta, Cost* cost)
      : solver_(solver),
        taped_(taped),
        plain_(problem, cost),
        recording_(problem, cost),
        x0_(x0),
        theta_(theta) {
    require_solver<S, Vector>();
    require_solver<TapedSolver, VarVector>();
  }

  void restart() override { state_.emplace(initial_state(solver_, x0_)); }

  Stop advance(Index from, Index to, Ground& ground, Segment& segment, std::size_t room) override {
    if constexpr (!std::is_same_v<S, TapedSolver>) {
      auto end = resume(plain_, solver_, std::move(*state_), theta_, from, ground.options(from, to));
      state_.emplace(std::move(end.state));
      return {end.steps, end.status};
    } else {
      Stop stop{from, Status::step_limit};
      do {
        segment.begin(room);
        Taped state = enter(stop.steps, segment);
        stop = take_steps(state, stop.steps, to, ground, segment);
        state_.emplace(convert_state<Plain>(state, [](const auto& taped) { return value_of(taped); }));
      } while (stop.steps < to && stop.status == Status::step_limit);
      return stop;
    }
  }

  Stop record(Index from, Index to, Ground& ground, Segment& segment) override {
    Taped state = enter(from, segment);
    const Stop stop = take_steps(state, from, to, ground, segment);
    std::size_t x_index = 0;
    const auto leave = [&](const auto& taped) {
      if (static_cast<const void*>(&taped) == &state.x) x_index = segment.outputs();
      segment.output(taped);
    };
    for_each_member(std::as_const(state), [&](const auto& member) { for_each_taped(member, leave); });
    segment.end(state.x, x_index);
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
  const Vector& x() const override { return state_->x; }

 private:
  // The state, of step t, as inputs of the segment.
  Taped enter(Index t, Segment& segment) const {
    Taped state =
        t == 0 ? initial_state(solver_, segment.input(x0_))
               : convert_state<Taped>(*state_, [&](const auto& value) { return segment.input(value); });
    segment.entered();
    return state;
  }
  // Moves the state on, as long as the segment has room.
  Stop take_steps(Taped& state, Index from, Index to, Ground& ground, Segment& segment) const {
    Stop stop{from, Status::step_limit};
    while (stop.steps < to) {
      auto end = resume(recording_, taped_, std::move(state), segment.theta(), stop.steps,
                        ground.options(stop.steps, stop.steps + 1));
      state = std::move(end.state);
      stop = {end.steps, end.status};
      if (!segment.continues() || stop.status != Status::step_limit) break;
    }
    return stop;
  }

  const S& solver_;
  const TapedSolver& taped_;
  Oracle<Vector> plain_;
  Oracle<VarVector> recording_;
  Vector x0_, theta_;
  std::optional<Plain> state_;  // once there is one
  std::vector<std::optional<Plain>> kept_;
};

}  // namespace unroll::detail
