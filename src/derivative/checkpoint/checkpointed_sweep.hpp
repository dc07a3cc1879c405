#pragma once

#include "derivative/run/segment.hpp"
#include "unroll/derivative/reverse.hpp"

namespace unroll::detail {

/// One backward sweep of `seeds` by checkpoints, within the method's budget and of its last steps: cotangents
/// at x_0 (n×s), of what was prepared and of θ. `columns`, of the seeds, as far as it is known before the
/// run.
Cotangents checkpointed_sweep(Steps& steps, Index columns, const Reverse& method, const Seeds& seeds);

}  // namespace unroll::detail
