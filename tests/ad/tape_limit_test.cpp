#include <doctest/doctest.h>

#include <new>

#include "support/memory_limit.hpp"
#include "support/sanitizers.hpp"
#include "support/skipped.hpp"
#include "unroll/ad/gradient.hpp"

using namespace unroll;

TEST_CASE("a recording that ran out of memory has lost nothing, and goes on when there is some") {
  if (test::skipped(test::any_sanitizer, "the memory of a sanitizer has no limit")) return;
  for (const std::size_t more : {1U << 20, 1U << 22, 5U << 20, 1U << 24}) {
    CAPTURE(more);
    Tape tape;
    const Var x = tape.input(2.0);
    Var y = x;
    long count = 1;
    const auto record = [&](long most) {
      for (; count < most; ++count) y = y + x;
    };
    {
      const test::MemoryLimit limit(more);
      CHECK_THROWS_AS(record(100'000'000), std::bad_alloc);
    }
    record(count + 200'000);
    CHECK(y.value() == 2.0 * static_cast<double>(count));
    CHECK(tape.sweep(y).adjoint(x)(0) == static_cast<double>(count));
  }
}
