#pragma once

#include "derivative/run/segment.hpp"
#include "plan.hpp"
#include "unroll/derivative/reverse.hpp"

namespace unroll::detail {

/// How many of `steps` are swept, at most.
Index swept_steps(const Reverse& method, Index steps);
/// What the first three steps show of the sizes of a run. Leaves the state behind them.
StepBytes measure_steps(Steps& steps, Segment& segment);
/// The block for a run whose tape may be a quarter of a full one: as short as the cache wants, unless the
/// states that are kept, one a block, would be larger than what they save.
Index quarter_block(Index steps, const StepBytes& bytes);

}  // namespace unroll::detail
