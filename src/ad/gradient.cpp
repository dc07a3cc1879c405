#include "unroll/ad/gradient.hpp"

#include <fmt/format.h>

namespace unroll::ad {

void throw_directions(Index n, Shape directions) {
  throw ShapeError(fmt::format("hessian_vector_product: x has {} entries, directions are {}x{}", n,
                               directions.rows, directions.cols));
}

}  // namespace unroll::ad
