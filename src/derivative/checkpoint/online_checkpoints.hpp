#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "unroll/types.hpp"

namespace unroll::detail {

/// A state that is kept.
struct Checkpoint {
  Index step, slot;
};

/// Which states to keep while nobody knows how long a run will be: Wang, Moin & Iaccarino 2009, "Minimal
/// repetition dynamic checkpointing algorithm for unsteady adjoint calculation". If c states are kept, and
/// every step wants to be, then a run of T ≤ binom(c + r, c) steps that ends at any time can be reversed
/// without taking a step more than r times again.
class OnlineCheckpoints {
 public:
  Index size() const { return static_cast<Index>(lasting_.size() + dispensable_.size()); }
  /// Keeps a step later than all that are kept.
  void keep(Checkpoint checkpoint);
  /// Makes room, where there is none, for the next step to be kept. Needs two that are kept.
  Checkpoint drop();
  /// One that is of no use if only steps from `horizon` on will be swept.
  std::optional<Checkpoint> drop_before(Index horizon);
  /// In order of steps.
  std::vector<Checkpoint> all() const;

 private:
  struct Entry {
    Checkpoint checkpoint;
    Index level;
  };
  // A checkpoint is dispensable once a later one has a higher level.
  std::deque<Entry> lasting_;      // levels descend, or stay
  std::deque<Entry> dispensable_;  // both in order of steps
  Index next_level_ = 0;
};

}  // namespace unroll::detail
