#include "unroll/solver/solve.hpp"

#include <fmt/core.h>

namespace unroll {

std::string message(Status status, Index steps) {
  if (status == Status::non_finite) return fmt::format("stopped at step {}: {}", steps + 1, describe(status));
  return fmt::format("ended after {} step{}: {}", steps, steps == 1 ? "" : "s", describe(status));
}

std::string Trajectory::message() const { return unroll::message(status, steps); }

}  // namespace unroll
