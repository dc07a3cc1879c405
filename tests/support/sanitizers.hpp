#pragma once

/// Which sanitizer the program was compiled for: 1 or 0. Both have a malloc of their own, which asks the
/// system for more than the program does; the thread sanitizer's operator new cannot be replaced either.
#if defined(__SANITIZE_ADDRESS__)
#define UNROLL_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define UNROLL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#define UNROLL_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#define UNROLL_THREAD_SANITIZER __has_feature(thread_sanitizer)
#endif
#ifndef UNROLL_ADDRESS_SANITIZER
#define UNROLL_ADDRESS_SANITIZER 0
#endif
#ifndef UNROLL_THREAD_SANITIZER
#define UNROLL_THREAD_SANITIZER 0
#endif

namespace unroll::test {
inline constexpr bool thread_sanitizer = UNROLL_THREAD_SANITIZER != 0;
inline constexpr bool any_sanitizer = thread_sanitizer || UNROLL_ADDRESS_SANITIZER != 0;
}  // namespace unroll::test
