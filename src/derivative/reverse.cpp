#include "unroll/derivative/reverse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "blocks.hpp"
#include "contraction.hpp"
#include "unroll/derivative/schedule.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

using Kind = Action::Kind;

// The numbers that a scalar has as adjoints while all threads sweep.
Index adjoints_per_scalar(Index n, Index columns, const Reverse& method) {
  const Index width = std::min(columns, block_width(n));
  return width * std::min(method.threads, (columns + width - 1) / width);
}

// How many steps are swept, at most.
Index swept_steps(const Reverse& method, const SolveOptions& options) {
  const LastSteps& last = method.last_steps;
  return last.is_all() || last.is_automatic() ? options.steps : last.count();
}

// The most of a tape that steps use which are not kept on it.
constexpr std::size_t passing_bytes = std::size_t{1} << 16;

// What the first three steps show of the sizes of a run. Leaves the state behind them.
StepBytes measure_steps(Replay& replay, Index steps, Segment& segment) {
  constexpr Index measured = 3;  // what the first saves may differ from what others do
  constexpr std::size_t one_step = 1;
  replay.restart();
  const std::size_t state = replay.bytes();
  Ground ground;
  ground.known = measured;
  if (steps > 0) replay.advance(0, std::min(steps, measured), ground, segment, one_step);
  return {std::max(state, replay.bytes()), segment.entry_bytes(), segment.step_bytes()};
}

// Executes a schedule on a replay, within the budget.
class Executor {
 public:
  Executor(Replay& replay, const Vector& theta, const SolveOptions& options, const EndCotangents& cotangents,
           const Reverse& method, RunRecord& record)
      : replay_(replay),
        theta_(theta),
        wanted_(cotangents),
        method_(method),
        record_(record),
        ground_{options},
        segment_(theta, adjoints_per_scalar(cotangents.rows, cotangents.columns, method)),
        plan_(make_plan(options)),
        schedule_(plan_) {}

  Pullback run() {
    for (Action action = schedule_.next(); action.kind != Kind::finish; action = schedule_.next()) {
      perform(action);
      if (method_.memory_budget > 0 && position_ >= 0) fit();
    }
    record_.cost.recomputed_steps += taken_ - record_.steps;
    record_.cost.tape_bytes = std::max(record_.cost.tape_bytes, peak_);
    const bool reached_start = schedule_.swept_to() == 0;
    return {reached_start ? carried_.state.front() : Matrix::Zero(wanted_.rows, wanted_.columns),
            carried_.theta};
  }

 private:
  SegmentPlan make_plan(const SolveOptions& options) {
    const LastSteps& last = method_.last_steps;
    const Index swept = swept_steps(method_, options);
    SegmentPlan result{.steps = options.steps, .block = std::max<Index>(swept, 1)};
    if (!last.is_all() && !last.is_automatic()) result.last = last.count();
    if (swept > 0 && (method_.memory_budget > 0 || last.is_automatic())) {
      bytes_ = measure_steps(replay_, options.steps, segment_);
      if (method_.memory_budget > 0) {
        const CheckpointPlan checkpoints = plan(swept, bytes_, method_.memory_budget);
        result.block = checkpoints.block;
        result.slots = std::max<Index>(checkpoints.checkpoints, 1);
      } else {
        result.block = cached_block(swept, bytes_);
        result.slots = swept / result.block + 2;
      }
    }
    result.online = options.tolerance > 0 && result.block < options.steps;
    if (result.last && result.online && method_.memory_budget == 0)
      result.slots = 3;  // two behind the horizon
    if (last.is_automatic() && swept > 0) contraction_.start(replay_, theta_);
    return result;
  }

  void perform(const Action& action) {
    switch (action.kind) {
      case Kind::restart:
        replay_.restart();
        position_ = 0;
        break;
      case Kind::restore:
        replay_.restore(action.slot);
        position_ = action.step;
        break;
      case Kind::advance:
        advance(action.step);
        break;
      case Kind::store:
        store(action.slot);
        break;
      case Kind::drop:
        replay_.drop(action.slot);
        kept_bytes_ -= std::exchange(slot_bytes_[static_cast<std::size_t>(action.slot)], 0);
        break;
      case Kind::sweep:
        sweep(action.step);
        break;
      case Kind::finish:
        break;
    }
  }

  void store(Index slot) {
    replay_.keep(slot);
    const auto i = static_cast<std::size_t>(slot);
    if (i >= slot_bytes_.size()) slot_bytes_.resize(i + 1);
    slot_bytes_[i] = replay_.bytes();
    kept_bytes_ += slot_bytes_[i];
    peak_ = std::max(peak_, kept_bytes_);
  }

  void advance(Index to) {
    while (position_ < to) {
      const bool is_known = position_ < ground_.known;
      const Stop stop = replay_.advance(position_, is_known ? std::min(to, ground_.known) : to, ground_,
                                        segment_, std::min(passing_bytes, room()));
      taken_ += stop.steps - position_;
      position_ = stop.steps;
      note_sizes();
      if (is_known) continue;
      ground_.known = stop.steps;
      if (stop.status == Status::step_limit && stop.steps < plan_.steps) continue;
      end(stop, replay_.x());
      return;
    }
  }

  void sweep(Index to) {
    segment_.begin(method_.memory_budget == 0 ? 0 : room());
    const Stop stop = replay_.record(position_, to, ground_, segment_);
    taken_ += stop.steps - position_;
    note_sizes();
    const bool has_ended = stop.status != Status::step_limit || stop.steps == plan_.steps;
    if (stop.steps > ground_.known || (has_ended && !ended_)) {
      ground_.known = stop.steps;
      if (has_ended) end(stop, segment_.x().value());
    }
    if (!has_ended && stop.steps < to) {  // no room: the same steps again, in shorter blocks
      schedule_.limit(std::max<Index>(1, stop.steps - position_), slots());
      return;
    }
    if (carried_.state.empty()) {
      if (contraction_.has_started())
        contraction_.measure(replay_, theta_, position_, stop.steps, cotangents_);
      carried_ = segment_.seed(cotangents_);
    }
    segment_.sweep(carried_, method_.threads);
    schedule_.swept();
    if (contraction_.has_started() && contraction_.is_enough(carried_.state)) schedule_.truncate();
  }

  std::size_t room() const {
    const std::size_t budget = method_.memory_budget;
    return budget == 0 ? passing_bytes : std::max<std::size_t>(1, budget - std::min(budget, kept_bytes_));
  }

  void note_sizes() {
    peak_ = std::max(peak_, kept_bytes_ + segment_.take_most_bytes());
    bytes_.entry = std::max(bytes_.entry, segment_.entry_bytes());
    bytes_.step = std::max(bytes_.step, segment_.step_bytes());
  }

  // The run is over: its last finite iterate is x.
  void end(const Stop& stop, const Vector& x) {
    ended_ = true;
    record_.x = x;
    record_.steps = stop.steps;
    record_.status = stop.status;
    cotangents_ = wanted_.at(x);
    schedule_.stopped(stop.steps);
  }

  // States that may be kept beside a block on the tape, as far as is known now.
  Index slots() const {
    if (method_.memory_budget == 0) return plan_.slots;
    const auto tape = static_cast<double>(block_bytes(schedule_.block(), bytes_));
    const double left = static_cast<double>(method_.memory_budget) - static_cast<double>(kept_bytes_) - tape;
    return schedule_.kept() + static_cast<Index>(std::floor(left / static_cast<double>(bytes_.state)));
  }

  // Sizes may have grown: a state, of a solver with memory, or a step.
  void fit() {
    const std::size_t budget = method_.memory_budget;
    bytes_.state = std::max(bytes_.state, replay_.bytes());
    const auto needed = [&] { return kept_bytes_ + block_bytes(1, bytes_); };
    if (!schedule_.is_forward()) {
      while (needed() > budget && schedule_.kept() > 1) perform(schedule_.give_up());
      if (needed() > budget)
        throw DomainError(
            fmt::format("memory_budget: {} bytes, but at step {} one on the tape and a state to restart from "
                        "need {}",
                        budget, position_, needed()));
    }
    Index block = schedule_.block();
    while (block > 1 && kept_bytes_ + block_bytes(block, bytes_) > budget) block /= 2;
    schedule_.limit(block, slots());
  }

  Replay& replay_;
  const Vector& theta_;
  const EndCotangents& wanted_;
  const Reverse& method_;
  RunRecord& record_;
  Ground ground_;
  StepBytes bytes_{};
  Contraction contraction_;
  Segment segment_;
  SegmentPlan plan_;
  Schedule schedule_;
  Matrix cotangents_;    // at the end of the run, once it is known
  Cotangents carried_;   // where the sweep has come to
  Index position_ = -1;  // of the replay's state
  bool ended_ = false;
  Index taken_ = 0;  // steps, on the tape or off
  std::vector<std::size_t> slot_bytes_;
  std::size_t kept_bytes_ = 0, peak_ = 0;
};

}  // namespace

Pullback pull_back(Replay& replay, const Vector& theta, const SolveOptions& options,
                   const EndCotangents& cotangents, const Reverse& method, RunRecord& record) {
  return Executor(replay, theta, options, cotangents, method, record).run();
}

CheckpointPlan plan_replay(Replay& replay, const Vector& theta, const SolveOptions& options, Index columns,
                           const Reverse& method) {
  if (method.memory_budget == 0) throw DomainError("plan: the method has no memory_budget");
  replay.restart();
  Segment segment(theta, adjoints_per_scalar(replay.x().size(), columns, method));
  const StepBytes bytes = measure_steps(replay, options.steps, segment);
  return plan(swept_steps(method, options), bytes, method.memory_budget);
}

Matrix total_jacobian(const Pullback& back, const Matrix& dx0) {
  const Index n = back.x0.rows(), width = block_width(n);
  Matrix dx(n, back.theta.rows());
  for (Index row = 0; row < n; row += width) {  // as a history's, so that both give the same bits
    const Index count = std::min(width, n - row);
    dx.middleRows(row, count) = total(back.theta.middleCols(row, count), back.x0.middleCols(row, count), dx0);
  }
  return dx;
}

}  // namespace unroll::detail
