#include "unroll/ad/tape.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <thread>

#include "unroll/ad/gradient.hpp"

using namespace unroll;

namespace {
const Vector three{{1.0, 2.0, 3.0}};
const Matrix ones = Vector::Ones(3);

// ∂ Σ exp(x_i)² by a new recording: 2 exp(2x). It would come out wrong if a sweep before had left anything
// behind.
bool fresh_gradient_is_right(Tape& tape) {
  const VarVector x = tape.input(three);
  const VarVector y = exp(x);
  return tape.sweep(y[0] * y[0] + squared_norm(tail(y, 2)))
      .adjoint(x)
      .isApprox(Matrix(2 * (2 * three).array().exp()), 1e-14);
}
}  // namespace

TEST_CASE("an array operation is one node, and its entries are scalars without arguments") {
  Tape tape;
  const VarVector x = tape.input(three);
  CHECK(tape.statistics().nodes == 0);
  const VarVector y = exp(x);
  CHECK(tape.statistics().nodes == 1);
  [[maybe_unused]] const Var entries = y[0] + y[2];
  CHECK(tape.statistics().nodes == 2);
  CHECK(tape.statistics().statements == 4);
  CHECK(tape.statistics().arguments == 2);
  [[maybe_unused]] const Var more = y[1] * y[0];
  CHECK(tape.statistics().nodes == 2);
  tape.clear();
  CHECK(tape.statistics().nodes == 0);
  CHECK(tape.statistics().statements == 0);
  CHECK(tape.statistics().value_bytes == 0);
  CHECK(tape.statistics().reserved_bytes > 0);
}

TEST_CASE("several seeds are swept at once, each as if alone") {
  Tape tape;
  const VarVector x = tape.input(three);
  const VarVector y = cwise_product(x, sin(x)) * x[1];
  const Matrix seeds{{1, 0, 2}, {0, 1, -1}, {0, 0, 0.5}};
  const Matrix together = tape.sweep(y, seeds).adjoint(x);
  for (Index j = 0; j < 3; ++j)
    CHECK(together.col(j).isApprox(tape.sweep(y, seeds.col(j)).adjoint(x), 1e-14));
  CHECK(tape.sweep(y, Matrix(3, 0)).adjoint(x).cols() == 0);
  const Matrix of_matrix = tape.sweep(sum(y), Eigen::RowVectorXd{{1.0, -2.0}}).adjoint(x);
  CHECK(of_matrix.col(1).isApprox(-2 * of_matrix.col(0)));
}

TEST_CASE("an input that a result does not depend on has adjoint 0, one that is the result its seed") {
  Tape tape;
  const VarVector x = tape.input(three), unused = tape.input(three);
  const Var s = tape.input(2.0), t = tape.input(1.0);
  const Sweep sweep = tape.sweep(x, ones);
  CHECK(sweep.adjoint(x) == ones);
  CHECK(sweep.adjoint(unused) == Matrix::Zero(3, 1));
  CHECK(sweep.adjoint(s)(0) == 0);
  CHECK(tape.sweep(s).adjoint(s)(0) == 1);
  CHECK(tape.sweep(s * s).adjoint(t)(0) == 0);
}

TEST_CASE("inputs that are recorded after a sweep have adjoint 0 in it") {
  Tape tape;
  const VarVector x = tape.input(three);
  {
    const Sweep sweep = tape.sweep(sum(x));
    std::vector<VarVector> arrays;
    std::vector<Var> scalars;
    for (int i = 0; i < 5000; ++i) arrays.push_back(tape.input(three)), scalars.push_back(tape.input(1.0));
    CHECK(sweep.adjoint(x) == ones);
    CHECK(sweep.adjoint(arrays.back()) == Matrix::Zero(3, 1));
    CHECK(sweep.adjoint(scalars.back())(0) == 0);
  }
  tape.clear();
  CHECK(fresh_gradient_is_right(tape));
}

TEST_CASE("a sweep that outlives its recording leaves nothing behind for the next") {
  Tape tape;
  for (const bool destroy : {false, true}) {
    std::optional<Tape> first(std::in_place);
    const VarVector x = first->input(three);
    const Var s = first->input(2.0);
    std::optional<Sweep> sweep(first->sweep(sum(x) * s));
    if (destroy)
      first.reset();
    else
      first->clear();
    CHECK_THROWS_AS(sweep->adjoint(x), TapeError);
    sweep.reset();
    CHECK(fresh_gradient_is_right(tape));
    tape.clear();
    CHECK(fresh_gradient_is_right(tape));
  }
}

TEST_CASE("a variable of a cleared tape throws, whatever is done with it") {
  Tape tape;
  const VarVector x = tape.input(three);
  const VarMatrix m = tape.input(Matrix(Matrix::Identity(3, 3)));
  const Var s = tape.input(2.0);
  const Sweep sweep = tape.sweep(sum(x));
  const auto expect_refusals = [&] {
    const Matrix A = Matrix::Identity(3, 3);
    CHECK_THROWS_WITH_AS(x.value(), doctest::Contains("value: a variable of a recording that is over"),
                         TapeError);
    CHECK_THROWS_AS(s.value(), TapeError);
    CHECK_THROWS_AS(VarVector(exp(x)), TapeError);
    CHECK_THROWS_AS(VarVector(x + x), TapeError);
    CHECK_THROWS_AS(VarVector(2.0 * x), TapeError);
    CHECK_THROWS_AS(VarVector(A * x), TapeError);
    CHECK_THROWS_AS(VarVector(m * x), TapeError);
    CHECK_THROWS_AS(solve_lu(m, three), TapeError);
    CHECK_THROWS_AS(sum(x), TapeError);
    CHECK_THROWS_AS(x[0], TapeError);
    CHECK_THROWS_AS(Var(s * s), TapeError);
    CHECK_THROWS_AS(s * VarVector(three), TapeError);
    CHECK_THROWS_AS(assemble(std::array<Var, 1>{s}), TapeError);
    CHECK_THROWS_AS(sweep.adjoint(x), TapeError);
    CHECK_THROWS_AS(tape.sweep(x, ones), TapeError);
    CHECK_THROWS_AS(tape.sweep(s), TapeError);
  };
  tape.clear();
  expect_refusals();
  CHECK(fresh_gradient_is_right(tape));
  expect_refusals();
  CHECK(tape.statistics().nodes > 0);
}

TEST_CASE("a variable of a destroyed tape throws, also when the next tape takes its memory") {
  VarVector x;
  Var s;
  {
    Tape tape;
    x = tape.input(three);
    s = tape.input(2.0);
  }
  CHECK_THROWS_WITH_AS(x.value(), doctest::Contains("its tape was cleared or destroyed"), TapeError);
  Tape next;
  CHECK_THROWS_AS(x.value(), TapeError);
  CHECK_THROWS_AS(next.input(three) + x, TapeError);
  CHECK_THROWS_AS(Var(next.input(1.0) * s), TapeError);
  CHECK(fresh_gradient_is_right(next));
}

TEST_CASE("variables of two tapes do not meet") {
  Tape one, two;
  const VarVector x = one.input(three), y = two.input(three);
  const Var s = one.input(2.0), t = two.input(3.0);
  CHECK_THROWS_WITH_AS(x + y, doctest::Contains("+: variables of two recordings"), TapeError);
  CHECK_THROWS_WITH_AS(dot(x, y), doctest::Contains("InnerProduct: variables of two recordings"), TapeError);
  CHECK_THROWS_AS(cwise_product(x, y), TapeError);
  CHECK_THROWS_AS(concatenate(x, y), TapeError);
  CHECK_THROWS_AS(s * y, TapeError);
  CHECK_THROWS_AS(Var(s + t), TapeError);
  CHECK_THROWS_AS(Var(1.0 / (s * 2.0 + exp(t))), TapeError);
  const std::array<Var, 2> mixed{s, t};
  CHECK_THROWS_AS(assemble(mixed), TapeError);
  CHECK_THROWS_AS(one.sweep(y, ones), TapeError);
  CHECK_THROWS_WITH_AS(one.sweep(t), doctest::Contains("sweep: variables of two recordings"), TapeError);
  CHECK_THROWS_AS(one.sweep(x, ones).adjoint(y), TapeError);
  CHECK(one.sweep(s * s).adjoint(s)(0) == 4);
  CHECK(two.sweep(t * t).adjoint(t)(0) == 6);
}

TEST_CASE("two tapes of one thread are recorded and swept in turn") {
  Tape one, two;
  const VarVector x = one.input(three), y = two.input(2.0 * three);
  const VarVector u = square(x), v = square(y);
  const Var f = sum(cwise_product(u, x)), g = sum(cwise_product(v, y));
  const Sweep first = one.sweep(f), second = two.sweep(g);
  CHECK(first.adjoint(x).isApprox(Matrix(3 * three.array().square())));
  CHECK(second.adjoint(y).isApprox(Matrix(12 * three.array().square())));
}

TEST_CASE("one sweep from several arrays is the sum of their sweeps, an array named twice included") {
  Tape tape;
  const VarVector x = tape.input(Vector{{0.3, -0.7, 1.1}});
  const VarVector y = sin(x), z = exp(y);
  const Matrix a = Matrix::Random(3, 2), b = Matrix::Random(3, 2);
  const std::vector<Seed> seeds{{y, a}, {z, b}, {y, b}};
  const Matrix sum = tape.sweep(y, a).adjoint(x) + tape.sweep(z, b).adjoint(x) + tape.sweep(y, b).adjoint(x);
  CHECK((tape.sweep(seeds).adjoint(x) - sum).norm() <= 1e-15 * sum.norm());
  CHECK_THROWS_AS(tape.sweep(std::vector<Seed>{}), TapeError);
  CHECK_THROWS_WITH_AS(tape.sweep(std::vector<Seed>{{y, a}, {z, Matrix::Random(3, 1)}}),
                       "sweep: seeds of 2 and 1 columns", ShapeError);
}

TEST_CASE("a sweep from a constant, with seeds of another size, or asked for what is no input, throws") {
  Tape tape;
  const VarVector x = tape.input(three);
  const VarVector y = exp(x);
  const Var s = y[0] * 2.0;
  CHECK_THROWS_WITH_AS(tape.sweep(VarVector(three), ones), doctest::Contains("sweep: from a constant"),
                       TapeError);
  CHECK_THROWS_AS(tape.sweep(Var(1.0)), TapeError);
  CHECK_THROWS_WITH_AS(tape.sweep(y, Matrix(2, 1)), "sweep: y has 3 entries, seeds are 2x1", ShapeError);
  const Sweep sweep = tape.sweep(y, ones);
  CHECK_THROWS_WITH_AS(sweep.adjoint(y), "adjoint: of a variable that is not an input of the tape",
                       TapeError);
  CHECK_THROWS_AS(sweep.adjoint(s), TapeError);
  CHECK_THROWS_AS(sweep.adjoint(VarVector(three)), TapeError);
  CHECK_THROWS_AS(sweep.adjoint(VarVector(1.0 * x)), TapeError);
  CHECK_THROWS_AS(sweep.adjoint(VarVector(x + three)), TapeError);
  CHECK_THROWS_AS(sweep.adjoint(Var(1.0)), TapeError);
  CHECK_THROWS_AS(Tape(-1), ShapeError);
  Tape nested(2);
  const VarVector z = nested.input(three);
  CHECK_THROWS_WITH_AS(nested.sweep(z, ones), "sweep: 1 seeds, but a tape with 2 tangents takes 3",
                       ShapeError);
  CHECK_THROWS_WITH_AS(nested.input(three, Matrix(3, 1)), "input: tangents are 3x1, not 3x2", ShapeError);
}

TEST_CASE("a handle may be copied, moved, assigned to itself and outlive every other") {
  Tape tape;
  VarVector x = tape.input(three);
  const VarVector input = x;
  for (int i = 0; i < 3; ++i) x = exp(-1.0 * x);
  VarVector& self = x;
  x = self;
  const VarVector moved = std::move(x);
  x = moved;
  const Vector expected =
      gradient([](const VarVector& v) { return sum(exp(-1.0 * exp(-1.0 * exp(-1.0 * v)))); }, three);
  CHECK(tape.sweep(sum(x)).adjoint(input).isApprox(Matrix(expected)));
}

TEST_CASE("a tape is cleared and reused with the same results") {
  Tape tape;
  for (int i = 0; i < 5; ++i) {
    CHECK(fresh_gradient_is_right(tape));
    tape.clear();
  }
  Tape nested(3);
  CHECK(nested.tangents() == 3);
}

TEST_CASE("threads have tapes of their own") {
  std::array<bool, 4> right{};
  std::vector<std::jthread> threads;
  for (bool& result : right)
    threads.emplace_back([&result] {
      result = true;
      for (int i = 0; i < 50; ++i) {
        Tape tape;
        result = result && fresh_gradient_is_right(tape);
      }
    });
  threads.clear();
  for (const bool result : right) CHECK(result);
}

TEST_CASE("sweeps of one tape from several threads agree") {
  Tape tape;
  const VarVector x = tape.input(three);
  VarVector y = x;
  for (int i = 0; i < 200; ++i) y = y + 0.01 * sin(y) * y[0];
  const Matrix expected = tape.sweep(y, ones).adjoint(x);
  std::array<bool, 4> right{};
  std::vector<std::jthread> threads;
  for (bool& result : right)
    threads.emplace_back([&] {
      result = true;
      for (int i = 0; i < 20; ++i) result = result && tape.sweep(y, ones).adjoint(x) == expected;
    });
  threads.clear();
  for (const bool result : right) CHECK(result);
}

TEST_CASE("a variable passes to another thread together with its tape") {
  Tape tape;
  const VarVector x = tape.input(three);
  VarVector y = exp(x);
  std::jthread([&] { y = y + x; }).join();
  CHECK(tape.sweep(y, ones).adjoint(x).isApprox(Matrix(three.array().exp() + 1)));
}
