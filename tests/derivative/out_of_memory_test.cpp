// Every call for memory finds none, one after the other: nothing but bad_alloc comes out, and nothing is
// lost.
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <new>
#include <optional>

#include "derivative/own_malloc.hpp"
#include "support/skipped.hpp"
#include "unroll/derivative/batch.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/lbfgs.hpp"

namespace unroll::out_of_memory {
namespace {

bool impossible() { return test::skipped(!test::own_malloc, "this malloc cannot be made to fail"); }

/// Calls f with the k-th call for memory failing, alone or with all after it. Whether there was a k-th call.
bool fails_at(long k, bool ever_after, const std::function<void()>& f) {
  const long failing = test::malloc_calls + k;
  test::last_failing = ever_after ? std::numeric_limits<long>::max() : failing;
  test::first_failing = failing;
  try {
    f();
  } catch (const std::bad_alloc&) {
  }
  test::last_failing = -1;
  return test::malloc_calls > failing;
}

struct Bowl {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - theta)) + 0.25 * sum(V(square(V(square(x)))));
  }
};
const auto bowl = make_problem(Bowl{}, 3, 3);
const Vector x0{{1, -2, 0.5}}, theta{{0.3, 0.1, -0.7}};
const Vector w{{1, -2, 0.5}};

/// What `f` gives is what it gave before, after every failure.
template <class F>
void check_swept(const F& f) {
  const Matrix expected = f();
  long k = 0;
  for (const bool ever_after : {false, true}) {
    bool failed = true;
    for (k = 0; failed; k += ever_after ? 5 : 1) {
      failed = fails_at(k, ever_after, [&] { f(); });
      if (!failed || k % 10 == 0) REQUIRE(f() == expected);
    }
  }
  CHECK(k > 10);
}

TEST_CASE("derivatives of every kind that find no memory are those of before when there is some") {
  if (impossible()) return;
  const SolveOptions options{.steps = 12};
  const auto by = [&](const auto& method) {
    check_swept([&] {
      const Vjp v = vjp(bowl, Lbfgs{.memory = 2}, x0, theta, w, options, method);
      return Matrix(v.dtheta);
    });
  };
  by(Reverse{.memory_budget = 12000});
  by(Reverse{.last_steps = automatic});
  by(Reverse{});
  by(Implicit{.equation = Equation::gradient});
}

TEST_CASE("so are those that are asked again of one linearisation") {
  if (impossible()) return;
  const SolveOptions options{.steps = 8};
  int which = 0;
  for (const Method& method :
       {Method(Reverse{.memory_budget = 12000}), Method(Reverse{.at_end = true}),
        Method(Implicit{.equation = Equation::gradient}), Method(FiniteDifference{}), Method(Reverse{})}) {
    ++which;
    CAPTURE(which);
    const auto made = [&] { return linearise(bowl, Lbfgs{.memory = 2}, x0, theta, options, method); };
    const Matrix expected = made()->pull(w).theta;
    bool failed = true;
    for (long k = 0; failed; k += 2) {
      const auto run = made();
      failed = fails_at(k, false, [&] { run->pull(w); });
      CAPTURE(k);
      REQUIRE(run->pull(w).theta == expected);
    }
  }
}

TEST_CASE("an item of a batch that finds no memory leaves that for its error, the others their results") {
  if (impossible()) return;
  const auto items = [](Index threads) {
    return batch(
        6,
        [&](Index i) {
          return Matrix(vjp(bowl, Lbfgs{.memory = 2}, Vector(x0 * static_cast<double>(i)), theta, w,
                            {.steps = 5}, Reverse{.memory_budget = 12000})
                            .dtheta);
        },
        threads);
  };
  const auto expected = items(1);
  for (const Index threads : {1, 3})
    for (const bool ever_after : {false, true}) {
      bool failed = true;
      for (long k = 0; failed; k += 3) {
        std::optional<std::vector<Outcome<Matrix>>> outcomes;
        failed = fails_at(k, ever_after, [&] { outcomes = items(threads); });
        CAPTURE(k);
        if (!outcomes) continue;  // there was no memory for the outcomes themselves
        for (std::size_t i = 0; i < 6; ++i) {
          const Outcome<Matrix>& outcome = (*outcomes)[i];
          if (outcome)
            REQUIRE(outcome.value() == expected[i].value());
          else
            REQUIRE_THROWS_AS(outcome.value(), std::bad_alloc);
        }
      }
    }
  REQUIRE(items(3)[5].value() == expected[5].value());
}

}  // namespace
}  // namespace unroll::out_of_memory
