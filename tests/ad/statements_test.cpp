#include "unroll/ad/statements.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "support/texts.hpp"
#include "unroll/ad/gradient.hpp"

using namespace unroll;

namespace {
/// A statement of one argument.
ad::Id push_one(ad::Statements& statements, double partial, ad::Id argument) {
  const ad::Statements::Arguments next = statements.room();
  *next.partial = partial;
  *next.id = argument;
  return statements.push(1);
}
}  // namespace

TEST_CASE("more statements than ids are refused before anything is written") {
  constexpr std::size_t most = 5000;  // no power of two times the first capacity
  for (const std::size_t tangents : {0u, 2u}) {
    CAPTURE(tangents);
    ad::Statements statements(most);
    statements.reset(tangents);
    for (std::size_t i = 1; i < most; ++i) {
      REQUIRE(push_one(statements, static_cast<double>(i), static_cast<ad::Id>(i - 1)) == i);
    }
    for (int again = 0; again < 2; ++again) {
      CHECK(test::message_of<TapeError>([&] { push_one(statements, 1, 1); }) ==
            "tape: more than 4999 scalar statements");
      CHECK_THROWS_AS(statements.room(), TapeError);
      CHECK_THROWS_AS(statements.push_empty(1), TapeError);
      CHECK_THROWS_AS(statements.push_empty(std::size_t{1} << 40), TapeError);
    }
    CHECK(statements.size() == most);
    CHECK(statements.arguments() == most - 1);
    for (std::size_t i = 1; i < most; ++i) {
      REQUIRE(statements.partials()[i - 1] == static_cast<double>(i));
      REQUIRE(statements.argument_ids()[i - 1] == i - 1);
      REQUIRE(statements.counts()[i] == ad::Statements::Count{1});
    }
  }
}

TEST_CASE("a tape that is full has lost nothing, and is whole again when it is cleared") {
  Tape tape;
  ad::Statements& scalars = tape.core().scalars;
  const auto room_for = [&](auto... most) {
    std::destroy_at(&scalars);
    std::construct_at(&scalars, most...);
    tape.clear();
  };
  room_for(std::size_t{3000});
  const Var x = tape.input(2.0);
  Var y = x;
  const auto record = [&] {
    for (;;) y = y + x;
  };
  CHECK_THROWS_AS(record(), TapeError);
  CHECK(tape.statistics().statements == 2999);
  CHECK_THROWS_AS(tape.input(1.0), TapeError);
  CHECK(y.value() == 5998.0);
  CHECK(tape.sweep(y).adjoint(x)(0) == 2999.0);
  room_for();
  const Var again = tape.input(3.0);
  CHECK(tape.sweep(again * again).adjoint(again)(0) == 6.0);
}
