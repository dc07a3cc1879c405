#pragma once

#include <functional>

#include "unroll/types.hpp"

namespace unroll::detail {

/// Cotangents in one sweep, of arrays of n rows: so many that a block of adjoints fills about 128 KiB, a part
/// of the second cache, and products of matrices pay. It does not depend on the number of threads, and so
/// neither does the result.
Index block_width(Index n);
/// The numbers that a scalar has as adjoints while all threads sweep.
Index adjoints_per_scalar(Index n, Index columns, Index threads);

/// f(0) … f(count − 1), over threads. Rethrows the first failure, after all have ended.
void for_each_block(Index count, Index threads, const std::function<void(Index)>& f);

}  // namespace unroll::detail
