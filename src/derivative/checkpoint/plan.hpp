#pragma once

#include "derivative/run/segment.hpp"
#include "unroll/derivative/reverse.hpp"

/// Checkpointing: which states of a run are kept, so that it can be differentiated backwards in bounded
/// memory.
namespace unroll::detail {

/// The least number of untaped steps with which T steps can be reversed, each taped once, when c states can
/// be kept, x_0 among them: r T − binom(c + r, c + 1), r the least integer with binom(c + r, c) ≥ T; 0 for
/// T ≤ 1. Source: Griewank & Walther 2000 (revolve). @throws DomainError unless T ≥ 0 and c ≥ 1.
Index revolve_steps(Index steps, Index checkpoints);

/// Where the next state is kept: after how many of the `steps` that remain from a kept state on, if
/// `checkpoints` ≥ 2 can be kept, that one among them. Any plan of these splits takes revolve_steps.
Index revolve_split(Index steps, Index checkpoints);

/// The size of a run, in bytes.
struct StepBytes {
  std::size_t state;  // of a kept state
  std::size_t entry;  // of a state and θ as they enter a tape
  std::size_t step;   // of a step on the tape, with the tables that sweep it
};

/// The most that a block of steps uses of a tape: one step more than it has, as a step that may turn out to
/// need twice the room of any before is not begun; a block of one step is not watched.
std::size_t block_bytes(Index block, const StepBytes& bytes);

/// The block for a run whose tape may be a quarter of a full one: the longest, of at most an eighth of the
/// steps, that stays in the processor's second cache, unless the states that are kept, one a block, would be
/// larger than what they save.
Index quarter_block(Index steps, const StepBytes& bytes);

/// The plan that costs the least time within `budget` bytes. A block may be of any length: long ones need few
/// states and take few steps again, but the tape of a block should stay in the processor's second cache
/// (256 KiB assumed), beyond which a step costs about an eighth more; and each block costs about one step
/// to enter. If a tolerance stops the run earlier than at T = `steps`, the plan's block and checkpoints hold,
/// and no step is taken untaped more than once more than the plan does (Wang, Moin & Iaccarino 2009).
/// @throws DomainError, naming the least budget that would do, if it is too small; or if steps < 0.
CheckpointPlan plan(Index steps, const StepBytes& bytes, std::size_t budget);

/// How many of `steps` are swept, at most.
Index swept_steps(const Reverse& method, Index steps);
/// What the first three steps show of the sizes of a run. Leaves the state behind them.
StepBytes measure_steps(Steps& steps, Segment& segment);

}  // namespace unroll::detail
