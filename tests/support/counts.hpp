#pragma once

#include <cstdlib>

namespace unroll::test {

/// How many random cases a test draws: as many as is usual for it, or UNROLL_TEST_CASES of the environment,
/// for a long run.
inline int repetitions(int usual) {
  const char* const asked = std::getenv("UNROLL_TEST_CASES");
  return asked == nullptr ? usual : std::atoi(asked);
}

}  // namespace unroll::test
