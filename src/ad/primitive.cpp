#include "unroll/ad/primitive.hpp"

#include <fmt/format.h>

namespace unroll::ad {

void throw_once_differentiable(const char* order) {
  throw UnsupportedError(
      fmt::format("apply: {} derivatives need a pullback that is a template and accepts DualVector", order));
}

void throw_entries(const char* function, Index got, Index wanted) {
  throw ShapeError(fmt::format("apply: {} gave {} entries, not {}", function, got, wanted));
}

}  // namespace unroll::ad
