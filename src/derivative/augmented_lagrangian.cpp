#include "unroll/derivative/augmented_lagrangian.hpp"

#include <fmt/format.h>

namespace unroll::detail {

void throw_inner_run(double penalty, const NumericalError& reason) {
  throw NumericalError(
      fmt::format("augmented Lagrangian, penalty {}: {}; a larger penalty may help", penalty, reason.what()));
}

}  // namespace unroll::detail
