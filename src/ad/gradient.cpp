#include "unroll/ad/gradient.hpp"

#include <fmt/format.h>

namespace unroll::ad {

void throw_directions(const char* operation, Index n, Shape directions) {
  throw ShapeError(fmt::format("{}: x has {} entries, directions are {}x{}", operation, n, directions.rows,
                               directions.cols));
}

}  // namespace unroll::ad
