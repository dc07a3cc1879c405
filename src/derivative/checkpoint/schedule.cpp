#include "schedule.hpp"

#include <algorithm>
#include <limits>

#include "plan.hpp"

namespace unroll::detail {

void OnlineCheckpoints::keep(Checkpoint checkpoint) {
  // Only where there was nothing dispensable does a level rise, so order is kept.
  while (lasting_.size() > 1 && lasting_.back().level < next_level_) {
    dispensable_.push_front(lasting_.back());
    lasting_.pop_back();
  }
  lasting_.push_back({checkpoint, next_level_});
  next_level_ = 0;
}

Checkpoint OnlineCheckpoints::drop() {
  std::deque<Entry>& from = dispensable_.empty() ? lasting_ : dispensable_;
  const Entry dropped = from.back();
  from.pop_back();
  next_level_ = &from == &lasting_ ? dropped.level + 1 : 0;
  return dropped.checkpoint;
}

std::optional<Checkpoint> OnlineCheckpoints::drop_before(Index horizon) {
  if (size() < 2) return std::nullopt;
  const auto step_of = [](const std::deque<Entry>& entries, std::size_t i) {
    return i < entries.size() ? entries[i].checkpoint.step : std::numeric_limits<Index>::max();
  };
  const bool first_lasts = step_of(lasting_, 0) < step_of(dispensable_, 0);
  std::deque<Entry>& from = first_lasts ? lasting_ : dispensable_;
  const Index second = std::min(step_of(from, 1), step_of(first_lasts ? dispensable_ : lasting_, 0));
  if (second > horizon) return std::nullopt;
  const Checkpoint dropped = from.front().checkpoint;
  from.pop_front();
  return dropped;
}

std::vector<Checkpoint> OnlineCheckpoints::all() const {
  std::vector<Checkpoint> merged;
  const auto add = [&](const Entry& entry) { merged.push_back(entry.checkpoint); };
  std::for_each(lasting_.begin(), lasting_.end(), add);
  std::for_each(dispensable_.begin(), dispensable_.end(), add);
  std::sort(merged.begin(), merged.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
  return merged;
}

Schedule::Schedule(const SchedulePlan& plan)
    : plan_(plan), begin_(plan.last ? std::max<Index>(0, plan.steps - *plan.last) : 0), end_(plan.steps) {}

Action Schedule::next() {
  if (!started_) return restart();
  return is_forward() ? forward() : backward();
}

Action Schedule::forward() {
  if (kept_ != position_) {
    const auto dropped = [&](const Checkpoint& checkpoint) {
      free_.push_back(checkpoint.slot);
      return Action{Action::Kind::drop, checkpoint.step, checkpoint.slot};
    };
    if (plan_.last)
      if (const auto useless = online_.drop_before(position_ - *plan_.last)) return dropped(*useless);
    if (online_.size() >= std::max<Index>(plan_.slots, 2)) return dropped(online_.drop());
    kept_ = position_;
    if (online_.size() < plan_.slots) {
      const Index slot = take_slot();
      online_.keep({position_, slot});
      return {Action::Kind::store, position_, slot};
    }
  }
  position_ += std::min(plan_.block, plan_.steps - position_);
  return {Action::Kind::advance, position_};
}

Action Schedule::backward() {
  if (swept_ && end_ <= begin_) return {Action::Kind::finish};
  const bool useless =
      !stack_.empty() && (stack_.back().step >= end_ || (position_ >= begin_ && stack_.back().step < begin_));
  if (useless) return give_up();
  if (position_ < 0) {
    if (stack_.empty()) return restart();
    position_ = stack_.back().step;
    return {Action::Kind::restore, position_, stack_.back().slot};
  }
  if (position_ < begin_) {
    position_ = begin_;
    return {Action::Kind::advance, begin_};
  }
  const Index remaining = end_ - position_;
  const Index blocks = remaining / plan_.block + (remaining % plan_.block != 0 ? 1 : 0);
  if (blocks <= 1) {
    sweeping_ = true;
    return {Action::Kind::sweep, end_};
  }
  const Index free = plan_.slots - static_cast<Index>(stack_.size());
  const bool is_kept = !stack_.empty() && stack_.back().step == position_;
  if (!is_kept && free > 0) return store();
  position_ += (free > 0 ? revolve_split(blocks, free + 1) : blocks - 1) * plan_.block;
  return {Action::Kind::advance, position_};
}

void Schedule::sweep_done() {
  swept_ = true;
  sweeping_ = false;
  end_ = position_;
  position_ = -1;
}

void Schedule::stopped(Index t) {
  running_ = false;
  if (plan_.online) stack_ = online_.all();
  if (!sweeping_) position_ = -1;  // the state is the last, from which nothing is swept
  end_ = t;
  if (plan_.last) begin_ = std::max<Index>(0, t - *plan_.last);
}

void Schedule::limit(Index block, Index slots) {
  sweeping_ = false;
  plan_.block = block;
  plan_.slots = slots;
}

Action Schedule::restart() {
  started_ = true;
  position_ = 0;
  return {Action::Kind::restart};
}

Action Schedule::store() {
  stack_.push_back({position_, take_slot()});
  return {Action::Kind::store, position_, stack_.back().slot};
}

Action Schedule::give_up() {
  const Checkpoint last = stack_.back();
  stack_.pop_back();
  free_.push_back(last.slot);
  return {Action::Kind::drop, last.step, last.slot};
}

Index Schedule::take_slot() {
  if (free_.empty()) return next_slot_++;
  const Index slot = free_.back();
  free_.pop_back();
  return slot;
}

}  // namespace unroll::detail
