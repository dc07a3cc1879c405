#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

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
