#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "support/memory_limit.hpp"
#include "support/sanitizers.hpp"
#include "support/skipped.hpp"
#include "unroll/derivative/batch.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/gradient_descent.hpp"

// Where the system has fewer threads than are asked for, those that there are do the work.
namespace unroll::few_threads {
namespace {

constexpr std::size_t room = std::size_t{44} << 20;  // for the stacks of about five threads

TEST_CASE("a batch has all its results where there is memory for five threads and 300 are asked for") {
  if (test::skipped(test::any_sanitizer, "the memory of a sanitizer has no limit")) return;
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::vector<Outcome<Index>> outcomes;
  {
    const test::MemoryLimit limit(room);
    outcomes = batch(
        300,
        [&](Index i) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));  // so that all take part
          const std::lock_guard lock(mutex);
          seen.insert(std::this_thread::get_id());
          return i * i;
        },
        100'000);
  }
  CHECK(seen.size() < 300);
  for (Index i = 0; i < 300; ++i) REQUIRE(outcomes[static_cast<std::size_t>(i)].value() == i * i);
}

TEST_CASE("a sweep over threads that cannot be had gives what one thread gives") {
  if (test::skipped(test::any_sanitizer, "the memory of a sanitizer has no limit")) return;
  const Index n = 2;
  const auto problem = make_problem(
      []<class V>(const V& x, const V& theta) {
        return 0.5 * squared_norm(V(x - theta)) + sum(V(softplus(x)));
      },
      n, n);
  const Vector x0 = Vector::Zero(n), theta{{1, -2}};
  const Matrix w = Matrix::Random(n, 3000);  // of blocks of 512 columns at most
  const auto by = [&](Index threads) {
    return linearise(problem, GradientDescent{0.2}, x0, theta, {.steps = 20}, Reverse{.threads = threads})
        ->pull(w)
        .theta;
  };
  const Matrix expected = by(1);
  const test::MemoryLimit limit(room);
  CHECK(by(100'000) == expected);
}

}  // namespace
}  // namespace unroll::few_threads
