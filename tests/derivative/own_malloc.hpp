#pragma once

#include <atomic>
#include <cstdlib>

#include "support/sanitizers.hpp"

/// Whether this program has its own malloc and realloc, in allocations_test: over glibc's, and where no
/// sanitizer has replaced it.
#if defined(__GLIBC__) && !UNROLL_ADDRESS_SANITIZER && !UNROLL_THREAD_SANITIZER
#define UNROLL_OWN_MALLOC 1
#else
#define UNROLL_OWN_MALLOC 0
#endif

namespace unroll::test {

inline constexpr bool own_malloc = UNROLL_OWN_MALLOC != 0;
/// Calls of them so far, and which, by number, find no memory.
inline std::atomic<long> malloc_calls{0}, first_failing{-1}, last_failing{-1};
/// The most bytes that one call of malloc asked for.
inline std::atomic<std::size_t> largest_request{0};

}  // namespace unroll::test
