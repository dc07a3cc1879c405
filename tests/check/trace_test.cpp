#include "unroll/check/trace.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/texts.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll {
namespace {

using Direction = NonFiniteStep::Direction;

/// x⁺ = x − 1, of which in step 4 the logarithm is taken, or in step 2 a root, of 0 in the last entry.
struct Descends {
  bool takes_logarithm;
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const V next = s.x - theta;
    if (takes_logarithm && t == 3) return {V(next + log(next))};
    if (!takes_logarithm && t == 1) return {V(next + sqrt(V(s.x - cwise_product(Vector{{0, 1}}, s.x))))};
    return {next};
  }
};

std::optional<NonFiniteStep> trace(bool takes_logarithm) {
  return trace_non_finite(NoObjective(2, 2), Descends{takes_logarithm}, Vector{{9, 3}}, Vector::Ones(2),
                          {.steps = 6});
}

TEST_CASE("a run that becomes NaN is traced to step, operation and entry") {
  const auto found = trace(true);
  REQUIRE(found);
  CAPTURE(found->str());
  CHECK(found->direction == Direction::forwards);
  CHECK(found->step == 4);
  CHECK(test::contains(found->made.operation, "= log(a"));
  CHECK(found->made.entry == 1);
}

TEST_CASE("a finite run with an infinite slope is traced backwards to the step that has it") {
  const auto found = trace(false);
  REQUIRE(found);
  CAPTURE(found->str());
  CHECK(found->direction == Direction::backwards);
  CHECK(found->step == 2);
  CHECK(test::contains(found->made.operation, "the pullback of a"));
  CHECK(test::contains(found->made.operation, "= sqrt(a"));
  CHECK(found->made.entry == 1);
  CHECK(std::isinf(found->made.value));
}

TEST_CASE("where everything is finite there is nothing to trace") {
  const auto parabola =
      make_problem([](const auto& x, const auto& theta) { return squared_norm(x) + dot(x, theta); }, 2, 2);
  CHECK_FALSE(
      trace_non_finite(parabola, GradientDescent{0.1}, Vector::Ones(2), Vector::Ones(2), {.steps = 10}));
}

}  // namespace
}  // namespace unroll
