#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "unroll/ad/gradient.hpp"

using namespace unroll;

namespace {
std::atomic<long> allocations{0};
std::atomic<bool> exhausted{false};  // operator new has nothing more to give

[[maybe_unused]] void* counted(std::size_t size) {
  ++allocations;
  if (exhausted) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

struct Ridge {
  Index m, n;
  Matrix A = Matrix::Random(m, n);
  Vector b = Vector::Random(m);
};

// x ← x − h(Aᵀ(Ax − b)/m + θ_0 x), `steps` times.
VarVector gradient_steps(const Ridge& ridge, VarVector x, const VarVector& theta, int steps) {
  const auto samples = static_cast<double>(ridge.m);
  for (int t = 0; t < steps; ++t)
    x = x - 0.1 * (ridge.A.transpose() * (ridge.A * x - ridge.b) / samples + theta[0] * x);
  return x;
}
// The process may take `more` bytes of address space, and no others, while this lives.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t more) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    limit.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + more;
    setrlimit(RLIMIT_AS, &limit);
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

#if defined(__has_feature)
#define UNROLL_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#define UNROLL_NEW_IS_TAKEN __has_feature(thread_sanitizer)  // by the sanitizer's own
#elif defined(__SANITIZE_ADDRESS__)
#define UNROLL_SANITIZED 1
#else
#define UNROLL_SANITIZED 0
#endif
#ifndef UNROLL_NEW_IS_TAKEN
#define UNROLL_NEW_IS_TAKEN 0
#endif
/// Whether allocations are counted; says so if not.
bool counts() {
  if (UNROLL_NEW_IS_TAKEN) MESSAGE("allocations are not counted under the thread sanitizer");
  return !UNROLL_NEW_IS_TAKEN;
}
}  // namespace

#if !UNROLL_NEW_IS_TAKEN
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
#endif

TEST_CASE("a ridge gradient step stores at most 8n + 256 bytes") {
  const Ridge ridge{400, 200};
  Tape tape;
  const VarVector x0 = tape.input(Vector(Vector::Zero(ridge.n))), theta = tape.input(Vector(Vector::Ones(1)));
  const VarVector x100 = gradient_steps(ridge, x0, theta, 100);
  const std::size_t at_100 = tape.statistics().bytes();
  const VarVector x200 = gradient_steps(ridge, x100, theta, 100);
  CHECK((tape.statistics().bytes() - at_100) / 100 <= 8 * static_cast<std::size_t>(ridge.n) + 256);
}

TEST_CASE("a warm tape records and sweeps 1000 steps without an allocation for each") {
  if (!counts()) return;
  const Ridge ridge{6, 4};
  const auto run = [&ridge] {
    Tape tape;
    const VarVector x0 = tape.input(Vector(Vector::Zero(ridge.n))),
                    theta = tape.input(Vector(Vector::Ones(1)));
    const long before = allocations;
    const VarVector x = gradient_steps(ridge, x0, theta, 1000);
    const Var y = squared_norm(x) * x[0];
    const long recording = allocations - before;
    const Sweep sweep = tape.sweep(y);
    return std::pair{recording, allocations - before - recording};
  };
  run();
  const auto [recording, sweeping] = run();
  CHECK(recording <= 2);
  CHECK(sweeping <= 10);
}

TEST_CASE("a program that records only scalars allocates nothing on a warm tape") {
  if (!counts()) return;
  Tape tape;
  const auto run = [&tape] {
    tape.clear();
    const long before = allocations;
    const Var x = tape.input(0.5);
    Var y = x;
    for (int i = 0; i < 10000; ++i) y = y * 0.9 + sin(x * y);
    return allocations - before;
  };
  run();
  CHECK(run() == 0);
}

TEST_CASE("a tape with tangents after a long one takes the memory of a short one") {
  {
    Tape tape;
    Var s = tape.input(1.0);
    for (int i = 0; i < 1'900'000; ++i) s = s + 1.0;
  }
  const Tape tape(2000);
  CHECK(tape.statistics().reserved_bytes <= std::size_t{96} << 20);
}

TEST_CASE("threads may copy a constant that belongs to no tape") {
  const VarVector constant(Vector(Vector::Ones(3)));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&constant] {
      for (int i = 0; i < 20'000; ++i) const VarVector copy = constant;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(constant.buffer()->references == 1);
  CHECK(constant.value() == Vector::Ones(3));
}

TEST_CASE("an array of 2^32 rows is refused before anything is written") {
  CHECK_THROWS_AS(VarMatrix(Matrix(Index{1} << 32, 0)), ShapeError);
}

TEST_CASE("a sum that shares the derivative of an input is no input") {
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Ones(3)));
  const VarVector z = x + Vector(Vector::Ones(3));
  const Sweep sweep = tape.sweep(sum(z));
  CHECK(sweep.adjoint(x) == Matrix(Vector::Ones(3)));
  CHECK_THROWS_AS(sweep.adjoint(z), TapeError);
}

#if !UNROLL_SANITIZED  // whose own memory has no limit
TEST_CASE("a recording that ran out of memory has lost nothing, and goes on when there is some") {
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
      const MemoryLimit limit(more);
      CHECK_THROWS_AS(record(100'000'000), std::bad_alloc);
    }
    record(count + 200'000);
    CHECK(y.value() == 2.0 * static_cast<double>(count));
    CHECK(tape.sweep(y).adjoint(x)(0) == static_cast<double>(count));
  }
}
#endif

TEST_CASE("a number of tangents that no memory holds is refused, and the next tape is whole") {
  CHECK_THROWS_AS(Tape(Index{1} << 50), std::bad_alloc);
  CHECK_THROWS_AS(Tape(Index{1} << 58), std::bad_alloc);
  Tape tape(1);
  const Var x = tape.input(1.5);
  Var y = x;
  for (int i = 0; i < 5000; ++i) y = y + x;
  CHECK(tape.sweep(y).adjoint(x)(0) == 5001.0);
}

TEST_CASE("nothing that is destroyed asks for memory") {
  std::optional<Tape> tape(std::in_place);
  std::optional<VarVector> x = tape->input(Vector(Vector::Ones(1733)));
  std::optional<VarVector> longer = concatenate(*x, head(*x, 1));  // whose buffer is the first of its size
  std::optional<Sweep> first = tape->sweep(sum(*longer)), second = tape->sweep(squared_norm(*x));
  CHECK(first->adjoint(*x).sum() == 1734.0);
  exhausted = true;
  longer.reset();
  first.reset();
  second.reset();
  x.reset();
  tape.reset();
  exhausted = false;
  CHECK(Tape().statistics().nodes == 0);
}

TEST_CASE("a tape and a sweep that outlive their thread's memory are given back whole") {
  const ad::TapeCore* core = nullptr;
  std::thread([&core] {
    thread_local std::optional<Sweep> sweep;  // both destroyed after what the thread keeps of tapes,
    thread_local std::optional<Tape> tape;    // which is made later
    CHECK(!sweep.has_value());
    CHECK(!tape.has_value());
    tape.emplace();
    core = &tape->core();
    const VarVector x = tape->input(Vector(Vector::Ones(3)));
    sweep.emplace(tape->sweep(sum(x)));
  }).join();
  std::vector<std::unique_ptr<Tape>> tapes;
  const auto found = [&] { return !tapes.empty() && &tapes.back()->core() == core; };
  while (!found() && tapes.size() < 1000) tapes.push_back(std::make_unique<Tape>());
  CHECK(found());
}
