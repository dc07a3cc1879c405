#include "unroll/derivative/batch.hpp"

#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

TEST_CASE("an item that fails leaves its error and disturbs no other, whatever the number of threads") {
  const test::Case c = test::ridge_case();
  const GradientDescent solver = GradientDescent::short_step(c.spectrum.largest);
  const auto item = [&](Index i) {
    if (i == 11) throw 3;
    const Vector theta = Vector::Constant(1, i % 5 == 2 ? -1.0 : 0.1 * static_cast<double>(i + 1));
    return jacobian(*c.problem, solver, c.start, theta, {.steps = 20}, Forward{});
  };
  const auto alone = batch(20, item);
  REQUIRE(alone.size() == 20);
  for (const Index threads : {1, 3, 50}) {
    const auto outcomes = batch(20, item, threads);
    for (Index i = 0; i < 20; ++i) {
      CAPTURE(i);
      const auto& outcome = outcomes[static_cast<std::size_t>(i)];
      if (i == 11) {
        CHECK(outcome.error == "an exception that is no std::exception");
        CHECK_THROWS_AS(outcome.value(), int);
      } else if (i % 5 == 2) {
        CHECK(!outcome);
        CHECK(outcome.error.find("theta is -1") != std::string::npos);
        CHECK_THROWS_AS(outcome.value(), DomainError);
      } else {
        REQUIRE(outcome);
        CHECK(outcome.error.empty());
        CHECK(outcome.value().dx == item(i).dx);
        CHECK(outcome.value().dx == alone[static_cast<std::size_t>(i)].value().dx);
      }
    }
  }
}

/// A result that takes no memory.
Index square_of(Index i) { return i * i; }

void check_squares(const std::vector<Outcome<Index>>& outcomes) {
  REQUIRE(outcomes.size() == 300);
  for (Index i = 0; i < 300; ++i) {
    const auto& outcome = outcomes[static_cast<std::size_t>(i)];
    REQUIRE(outcome);
    REQUIRE(outcome.value() == i * i);
  }
}

TEST_CASE("more threads than items, or than there is use for, change no result") {
  check_squares(batch(300, square_of, 100'000));
  const test::Case c = test::ridge_case();
  const Vector w = Vector::Ones(c.start.x.size());
  const auto by = [&](Index threads) {
    return jacobian(*c.problem, GradientDescent::short_step(c.spectrum.largest), c.start, c.theta,
                    {.steps = 20}, Reverse{.threads = threads})
        .dx;
  };
  CHECK(by(100'000) == by(1));
}

TEST_CASE("a batch of nothing is empty, and counts out of range are refused") {
  const auto one = [](Index i) { return i; };
  CHECK(batch(0, one, 4).empty());
  CHECK_THROWS_AS(batch(-1, one), DomainError);
  CHECK_THROWS_AS(batch(3, one, 0), DomainError);
}

}  // namespace
}  // namespace unroll
