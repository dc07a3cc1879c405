#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "contraction.hpp"
#include "derivative/method/backwards.hpp"
#include "derivative/run/carried.hpp"
#include "plan.hpp"
#include "schedule.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {
namespace {

using Kind = Action::Kind;

// The most of a tape that steps use which are not kept on it.
constexpr std::size_t passing_bytes = std::size_t{1} << 16;

// One backward sweep by a schedule, within the budget. `columns`, of the seeds, as far as it is known before.
class CheckpointedSweep {
 public:
  CheckpointedSweep(Steps& steps, Index columns, const Reverse& method, const Seeds& seeds)
      : steps_(steps),
        seeds_(seeds),
        method_(method),
        segment_(steps.dimension(), columns, method.threads),
        plan_(make_plan()),
        schedule_(plan_) {
    if (steps_.has_ended()) schedule_.stopped(steps_.length());
  }

  // Cotangents at x_0 (n×s), of what was prepared and of θ.
  Cotangents run() {
    for (Action action = schedule_.next(); action.kind != Kind::finish; action = schedule_.next()) {
      perform(action);
      if (method_.memory_budget > 0 && position_ >= 0) fit();
    }
    Cost& cost = steps_.record.cost;
    cost.recomputed_steps += taken_ - steps_.record.steps;
    cost.tape_bytes = std::max(cost.tape_bytes, peak_);
    if (schedule_.swept_to() > 0 && !method_.is_corrected()) cut();
    return std::move(carried_);
  }

 private:
  SchedulePlan make_plan() {
    const LastSteps& last = method_.last_steps;
    const Index length = steps_.length(), swept = swept_steps(method_, length);
    SchedulePlan result{.steps = length, .block = std::max<Index>(swept, 1)};
    if (!last.is_all() && !last.is_automatic()) result.last = last.count();
    if (swept > 0 && (method_.memory_budget > 0 || last.is_automatic())) {
      bytes_ = measure_steps(steps_, segment_);
      measured_step_ = bytes_.step;
      if (method_.memory_budget > 0) {
        const CheckpointPlan checkpoints = plan(swept, bytes_, method_.memory_budget);
        result.block = checkpoints.block;
        result.slots = std::max<Index>(checkpoints.checkpoints, 1);
      } else {
        result.block = quarter_block(swept, bytes_);
        result.slots = swept / result.block + 2;
      }
    }
    result.online = !steps_.has_ended() && steps_.options().tolerance > 0 && result.block < length;
    if (result.last && result.online && method_.memory_budget == 0)
      result.slots = 3;  // two behind the horizon
    if (last.is_automatic() && swept > 0 && !seeds_.wants) contraction_.start(steps_);
    return result;
  }

  void perform(const Action& action) {
    switch (action.kind) {
      case Kind::restart:
        steps_.restart();
        position_ = 0;
        break;
      case Kind::restore:
        steps_.restore(action.slot);
        position_ = action.step;
        break;
      case Kind::advance:
        advance(action.step);
        break;
      case Kind::store:
        store(action.slot);
        break;
      case Kind::drop:
        steps_.drop(action.slot);
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
    steps_.keep(slot);
    const auto i = static_cast<std::size_t>(slot);
    if (i >= slot_bytes_.size()) slot_bytes_.resize(i + 1);
    slot_bytes_[i] = steps_.bytes();
    kept_bytes_ += slot_bytes_[i];
    peak_ = std::max(peak_, kept_bytes_);
  }

  void advance(Index to) {
    while (position_ < to) {
      const bool is_known = position_ < steps_.known(), had_ended = steps_.has_ended();
      const Index reach = growth() > 0 ? position_ + 1 : to;
      const Stop stop = steps_.advance(position_, is_known ? std::min(reach, steps_.known()) : reach,
                                       segment_, std::min(passing_bytes, room()));
      taken_ += stop.steps - position_;
      position_ = stop.steps;
      note_sizes();
      if (growth() > 0) give_up_states();
      if (!had_ended && steps_.has_ended()) return schedule_.stopped(stop.steps);
    }
  }

  void sweep(Index to) {
    const bool had_ended = steps_.has_ended();
    const Stop stop =
        steps_.record_steps(position_, to, segment_, method_.memory_budget == 0 ? 0 : room(), seeds_.wants);
    taken_ += stop.steps - position_;
    note_sizes();
    if (!had_ended && steps_.has_ended()) schedule_.stopped(stop.steps);
    if (stop.steps < std::min(to, steps_.length())) {  // no room: the same steps again, in shorter blocks
      schedule_.limit(std::max<Index>(1, stop.steps - position_), slots());
      return;
    }
    const bool is_last = !std::exchange(has_swept_, true);
    if (is_last) seeds_.check_end(steps_.length());
    const std::vector<Segment::IterateSeed> seeds = segment_.seeds(seeds_, {position_, stop.steps}, is_last);
    if (is_last && contraction_.has_started())
      contraction_.measure(steps_, position_, stop.steps, seeds.empty() ? Matrix() : seeds.back().w);
    segment_.sweep(carried_, seeds, seeds_.columns(steps_.length()), method_.threads);
    // A cotangent that is subnormal throughout is zero: steps that contract would round it up to itself for
    // ever, and processors take a hundred cycles for each operation on it. (Not so of a NaN.)
    if ((carried_.state.array().abs() < std::numeric_limits<double>::min()).all()) carried_.state.setZero();
    if (!method_.last_steps.is_all()) constant_.note(steps_, segment_, is_last, {position_, stop.steps});
    schedule_.sweep_done();
    if (!contraction_.has_started() || !contraction_.is_enough(carried_.state, constant_.rows())) return;
    if (constant_.lead_to_start(steps_, carried_.state, schedule_.swept_to()))
      schedule_.truncate();
    else
      contraction_ = {};  // all steps are swept
  }

  // The sweep ended at a step s > 0: only what the first step made, and none since, goes on to the start.
  void cut() { go_on_to_start(carried_, constant_.pull(steps_, carried_.state, schedule_.swept_to())); }

  std::size_t room() const {
    const std::size_t budget = method_.memory_budget;
    return budget == 0 ? passing_bytes : std::max<std::size_t>(1, budget - std::min(budget, kept_bytes_));
  }

  void note_sizes() {
    peak_ = std::max(peak_, kept_bytes_ + segment_.take_most_bytes());
    bytes_.entry = std::max(bytes_.entry, segment_.entry_bytes());
    bytes_.step = std::max(bytes_.step, segment_.step_bytes());
  }

  // States that may be kept beside a block on the tape, as far as is known now.
  Index slots() const {
    if (method_.memory_budget == 0) return plan_.slots;
    const auto tape = static_cast<double>(block_bytes(schedule_.block(), bytes_) + growth());
    const double left = static_cast<double>(method_.memory_budget) - static_cast<double>(kept_bytes_) - tape;
    return schedule_.kept() + static_cast<Index>(std::floor(left / static_cast<double>(bytes_.state)));
  }

  // What the next step may need beyond any before, once one has needed more than those measured.
  std::size_t growth() const {
    return method_.memory_budget > 0 && bytes_.step > measured_step_ ? bytes_.step : 0;
  }

  // All but one, until a step fits beside those that are left.
  void give_up_states() {
    while (!schedule_.is_forward() && schedule_.kept() > 1 &&
           kept_bytes_ + block_bytes(1, bytes_) + growth() > method_.memory_budget)
      perform(schedule_.give_up());
  }

  // Sizes may have grown: a state, of a solver with memory, or a step.
  void fit() {
    const std::size_t budget = method_.memory_budget;
    bytes_.state = std::max(bytes_.state, steps_.bytes());
    give_up_states();
    if (const std::size_t needed = kept_bytes_ + block_bytes(1, bytes_);
        !schedule_.is_forward() && needed > budget)
      throw DomainError(
          fmt::format("memory_budget: {} bytes, but at step {} one on the tape and a state to restart from "
                      "need {}",
                      budget, position_, needed));
    Index block = schedule_.block();
    while (block > 1 && kept_bytes_ + block_bytes(block, bytes_) > budget) block /= 2;
    schedule_.limit(block, slots());
  }

  Steps& steps_;
  const Seeds& seeds_;
  const Reverse& method_;
  StepBytes bytes_{};
  std::size_t measured_step_ = 0;  // bytes_.step before the run
  Contraction contraction_;
  Segment segment_;
  SchedulePlan plan_;
  Schedule schedule_;
  Cotangents carried_;               // where the sweep has come to
  CarriedRows constant_;             // of the state there
  Index position_ = -1, taken_ = 0;  // of the state; steps, on the tape or off
  bool has_swept_ = false;
  std::vector<std::size_t> slot_bytes_;
  std::size_t kept_bytes_ = 0, peak_ = 0;
};

class Checkpointed final : public Backwards {
 public:
  using Backwards::Backwards;

  History history(const Selection& selected) override {
    if (!method().last_steps.is_all())
      throw UnsupportedError(
          "jacobian_history: each x_t would need last steps of its own; take Reverse{} of all steps, or "
          "Forward{}");
    return Backwards::history(selected);
  }

 private:
  Cotangents sweep(const Seeds& seeds) override {
    return CheckpointedSweep(steps(), wanted().columns, method(), seeds).run();
  }
};
}  // namespace

std::unique_ptr<Linearisation> checkpointed(StepsPtr steps, const Wanted& wanted, const Reverse& method) {
  return std::make_unique<Checkpointed>(std::move(steps), wanted, method);
}

}  // namespace unroll::detail
