#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "unroll/ad/gradient.hpp"

using namespace unroll;

namespace {
std::atomic<long> allocations{0};

void* counted(std::size_t size) {
  ++allocations;
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
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

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
