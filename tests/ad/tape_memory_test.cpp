#include <doctest/doctest.h>

#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "unroll/ad/gradient.hpp"

using namespace unroll;

TEST_CASE("a tape with tangents after a long one takes 16 MiB beside what the long one left") {
  const auto check = [](const auto& make) {
    std::size_t left = 0;
    {
      Tape tape;
      Var s = tape.input(1.0);
      for (int i = 0; i < 1'900'000; ++i) s = s + 1.0;
      left = tape.statistics().reserved_bytes;
    }
    CHECK(make().statistics().reserved_bytes <= left + (std::size_t{16} << 20) + (std::size_t{1} << 16));
  };
  check([] { return Tape(2000); });
  check([] { return Tape::along(1000); });
}

TEST_CASE("what a recording needed is kept for the next one, and given back by shrink") {
  std::size_t left = 0;
  {
    Tape tape;
    Var s = tape.input(1.0);
    for (int i = 0; i < 5'000'000; ++i) s = s + 1.0;
    left = tape.statistics().reserved_bytes;
  }
  REQUIRE(left > std::size_t{64} << 20);
  Tape tape;
  CHECK(tape.statistics().reserved_bytes == left);
  const Var x = tape.input(1.0);
  { const Tape resting; }
  tape.shrink();
  CHECK(tape.statistics().reserved_bytes < std::size_t{1} << 20);
  CHECK(Tape().statistics().reserved_bytes < std::size_t{1} << 20);
  CHECK_THROWS_AS(x.value(), TapeError);
  const Var y = tape.input(3.0);
  CHECK(tape.sweep(y * y).adjoint(y)(0) == 6.0);
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

TEST_CASE("a number of tangents that no memory holds is refused, and the next tape is whole") {
  CHECK_THROWS_AS(Tape(Index{1} << 50), std::bad_alloc);
  CHECK_THROWS_AS(Tape(Index{1} << 58), std::bad_alloc);
  Tape tape(1);
  const Var x = tape.input(1.5);
  Var y = x;
  for (int i = 0; i < 5000; ++i) y = y + x;
  CHECK(tape.sweep(y).adjoint(x)(0) == 5001.0);
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
