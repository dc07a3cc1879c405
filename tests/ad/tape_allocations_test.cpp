#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

#include "support/sanitizers.hpp"
#include "support/skipped.hpp"
#include "unroll/ad/gradient.hpp"

// What a tape asks operator new for, by a count of the program's own: a source to itself, as the thread
// sanitizer has no room for one.
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

bool not_counted() {
  return test::skipped(test::thread_sanitizer, "the thread sanitizer has its own operator new");
}
}  // namespace

#if !UNROLL_THREAD_SANITIZER
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
  if (not_counted()) return;
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
  if (not_counted()) return;
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

TEST_CASE("nothing that is destroyed asks for memory") {
  if (not_counted()) return;
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
