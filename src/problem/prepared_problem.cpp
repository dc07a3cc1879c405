#include "unroll/problem/prepared_problem.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_stacked(Index entries, Index wanted) {
  if (entries != wanted)
    throw ShapeError(fmt::format(
        "prepare: {} entries on a tape, {} off it: what is prepared of a theta must always have one shape",
        entries, wanted));
}

}  // namespace unroll::detail
