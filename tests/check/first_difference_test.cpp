#include "unroll/check/first_difference.hpp"

#include <doctest/doctest.h>

#include "support/texts.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/derivative/finite_difference.hpp"
#include "unroll/derivative/forward.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/reverse.hpp"
#include "unroll/problem/no_objective.hpp"

namespace unroll {
namespace {

/// x⁺ = x + θ, which in step number `hidden` treats θ as a number.
struct HidesTheta {
  Index hidden;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    if (t + 1 == hidden) return {V(s.x + Vector(value_of(theta)))};
    return {V(s.x + theta)};
  }
};

std::optional<FirstDifference> between(Index hidden, const Method& a, const Method& b) {
  return first_difference(NoObjective(2, 2), HidesTheta{hidden}, Vector::Zero(2), Vector{{1, 2}},
                          {.steps = 23}, a, b);
}

TEST_CASE("the step that hides theta is found, whichever it is") {
  for (Index hidden = 1; hidden <= 23; ++hidden) {
    CAPTURE(hidden);
    const auto found = between(hidden, Reverse{}, FiniteDifference{});
    REQUIRE(found);
    CHECK(found->step == hidden);
    CHECK(found->row == found->column);
    CHECK(found->second - found->first == doctest::Approx(1.0));
  }
}

TEST_CASE("methods that agree after every step have no first difference") {
  CHECK_FALSE(between(0, Reverse{}, FiniteDifference{}));
  CHECK_FALSE(between(5, Reverse{}, Forward{}));  // both believe the step
}

TEST_CASE("a start that hides theta is step 0, and the sentence names the entry") {
  const Start start([](const auto& theta) { return std::decay_t<decltype(theta)>(Vector(value_of(theta))); });
  const auto found = first_difference(NoObjective(2, 2), HidesTheta{0}, start, Vector{{1, 2}}, {.steps = 5},
                                      Reverse{}, FiniteDifference{});
  REQUIRE(found);
  CHECK(found->step == 0);
  CHECK(test::contains(found->str(), "step 0: the derivative of x[0] in theta[0] is 0 by the first method"));
}

}  // namespace
}  // namespace unroll
