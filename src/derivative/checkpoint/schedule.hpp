#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "unroll/types.hpp"

/// Full, checkpointed, truncated and one-step unrolling are one backward sweep over different segments of a
/// run. Which, is a sequence of actions; a `Schedule` gives them one at a time, as they depend on where the
/// run stops.
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

struct Action {
  enum class Kind {
    restart,  // the state becomes that of step 0
    restore,  // the state becomes the one kept in `slot`, of step `step`
    advance,  // the state becomes that of step `step`, without a tape
    store,    // the state, of step `step`, is kept in `slot`
    drop,     // `slot`, which keeps step `step`, is free
    sweep,    // the steps from the state's on, up to `step`, are taped and swept
    finish,
  };
  Kind kind;
  Index step = 0;
  Index slot = 0;
};

/// What a schedule is made of.
struct SchedulePlan {
  Index steps;                  // T, at most
  Index block;                  // steps on the tape at a time, ≥ 1
  Index slots = 1;              // states kept at a time, x_0 among them
  std::optional<Index> last{};  // K ≥ 1: only the last K steps are swept
  bool online = false;          // a tolerance may end the run: nothing is taped before it has
};

/// The actions of a backward sweep, in order. With a known number of steps they are revolve's (Griewank &
/// Walther 2000), over blocks; else the first pass keeps OnlineCheckpoints, and revolve's follow.
class Schedule {
 public:
  explicit Schedule(const SchedulePlan& plan);

  Action next();
  /// After `sweep`: it was done.
  void sweep_done();
  /// After `advance` or `sweep`, of the first pass: the run ended with step t, no later than the action's.
  void stopped(Index t);
  /// No more than `block` steps on the tape and `slots` states from now on. After `sweep` in place of
  /// `sweep_done`, it was not done.
  void limit(Index block, Index slots);
  /// The state kept last is given up: steps are taken again instead. Not of the only one.
  Action give_up();
  /// The sweep ends where it has come to.
  void truncate() { begin_ = end_; }

  /// The first pass of a run of unknown length.
  bool is_forward() const { return running_ && plan_.online; }
  Index kept() const { return is_forward() ? online_.size() : static_cast<Index>(stack_.size()); }
  Index block() const { return plan_.block; }
  /// The steps before this are swept next; 0 at the end of a sweep of all.
  Index swept_to() const { return end_; }

 private:
  Action forward();
  Action backward();
  Action restart();
  Action store();
  Index take_slot();

  SchedulePlan plan_;
  Index begin_, end_;    // what is to be swept yet
  Index position_ = -1;  // of the state; −1: of no use
  bool running_ = true;  // the run has not ended yet
  bool started_ = false, sweeping_ = false, swept_ = false;
  OnlineCheckpoints online_;
  Index kept_ = -1;                // the last step that online_ was asked to keep
  std::vector<Checkpoint> stack_;  // in order of steps
  std::vector<Index> free_;        // slots
  Index next_slot_ = 0;
};

}  // namespace unroll::detail
