#include "online_checkpoints.hpp"

#include <algorithm>
#include <limits>

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

}  // namespace unroll::detail
