#include "unroll/ad/tape_log.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "support/texts.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/error.hpp"

using namespace unroll;
using unroll::test::contains;

namespace {

/// A primitive with a name of its own.
struct Doubled {
  static Vector value(const Vector& x) { return 2 * x; }
  static Vector pushforward(const Vector&, const Vector& x_dot) { return 2 * x_dot; }
  static Vector pullback(const Vector&, const Vector& y_bar) { return 2 * y_bar; }
};

}  // namespace

TEST_CASE("a log prints every operation by its name, with its operands") {
  Tape tape;
  const TapeLog log(tape);
  const VarVector x = tape.input(Vector{{0.0, 0.0}});
  const VarVector y = exp(VarVector(3.0 * x - apply<Doubled>(x)));
  const Var length = squared_norm(y);
  const Var z = length * x[1];
  CHECK(z.value() == 0);
  CHECK(log.str() ==
        "a1 is an input\n"
        "a2 = Doubled(a1), 2 entries\n"
        "a3 = LinearCombination(a1, a2), 2 entries\n"
        "a4 = exp(a3), 2 entries\n"
        "s1 = SquaredNorm(a4), 1 entry\n"
        "s2…s3 = Entries(a1), 2 entries\n"
        "s4 = 0 s1 + 2 s3\n");
  CHECK_FALSE(log.first_non_finite());
}

TEST_CASE("functions of two arguments, products and wrapped rules are named too") {
  Tape tape;
  const TapeLog log(tape);
  const VarVector x = tape.input(Vector{{1.0, 2.0}});
  const VarVector ratio = cwise_quotient(head(x, 1), tail(x, 1)), power = pow(x, cumulative_sum(x));
  for (const char* name : {"Quotient(", "Segment(a1)", "CumulativeSum(a1)", "pow(a1, "}) {
    CAPTURE(name);
    CHECK(contains(log.str(), name));
  }
}

TEST_CASE("a graph for Graphviz has a node for every operation and an edge for every operand") {
  Tape tape;
  const TapeLog log(tape);
  const VarVector x = tape.input(Vector{{1.0, 2.0}});
  const Var y = dot(x, VarVector(exp(x)));
  CHECK(y.value() > 0);
  CHECK(log.graphviz() ==
        "digraph tape {\n  rankdir=BT;\n  node [shape=box];\n"
        "  a1 [label=\"a1\", shape=ellipse];\n"
        "  a2 [label=\"a2 exp\\n2\"];\n  a1 -> a2;\n"
        "  s1 [label=\"s1 InnerProduct\\n1\"];\n  a1 -> s1;\n  a2 -> s1;\n}\n");
}

TEST_CASE("the operation that makes a NaN is named, not those that pass it on") {
  Tape tape;
  const TapeLog log(tape);
  const VarVector x = tape.input(Vector{{1.0, -2.0, -3.0}});
  const Var y = sum(VarVector(2.0 * log1p(x)));
  CHECK(std::isnan(y.value()));
  const auto made = log.first_non_finite();
  REQUIRE(made);
  CHECK(made->operation == "a2 = log1p(a1)");
  CHECK(made->entry == 1);
  CHECK(std::isnan(made->value));
}

TEST_CASE("an infinite slope is found in the pullback that meets it, of arrays and of scalars") {
  Tape tape;
  const TapeLog log(tape);
  const VarVector x = tape.input(Vector{{4.0, 0.0}});
  const Var y = sum(VarVector(3.0 * sqrt(x)));
  tape.sweep(y);
  CHECK_FALSE(log.first_non_finite());
  const auto made = log.first_non_finite_adjoint();
  REQUIRE(made);
  CHECK(made->operation == "the pullback of a2 = sqrt(a1)");
  CHECK(made->entry == 1);
  CHECK(made->value == std::numeric_limits<double>::infinity());

  tape.clear();
  const VarVector z = tape.input(Vector{{4.0, 0.0}});
  const Var root = sqrt(z[1]) + z[0];
  tape.sweep(root);
  const auto scalar = log.first_non_finite_adjoint();
  REQUIRE(scalar);
  CHECK(contains(scalar->operation, "the scalar operation s3, its partial derivative in s2"));
}

TEST_CASE("a log that comes too late, or second, is refused, and one that outlives its tape says so") {
  Tape tape;
  tape.input(1.0);
  CHECK_THROWS_AS(TapeLog{tape}, TapeError);
  tape.clear();
  const TapeLog log(tape);
  CHECK_THROWS_AS(TapeLog{tape}, TapeError);
  std::optional<Tape> gone(std::in_place);
  const TapeLog left(*gone);
  gone.reset();
  CHECK_THROWS_AS(left.str(), TapeError);
}
