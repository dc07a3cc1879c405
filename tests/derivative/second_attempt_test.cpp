// What threw once may be asked again.
#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <vector>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/problem/make_problem.hpp"

namespace unroll::second_attempt {
namespace {

/// Gradient descent of which the `failing`-th step that is ever taken throws.
struct Failing {
  int failing;
  std::shared_ptr<int> taken = std::make_shared<int>(0);
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    if (++*taken == failing) throw std::runtime_error("not now");
    return {s.x - 0.3 * f.gradient(s.x, theta)};
  }
};

TEST_CASE("a linearisation of which a step threw has the derivative when it is asked again") {
  const auto bowl = make_problem(
      []<class V>(const V& x, const V& theta) {
        return 0.5 * squared_norm(V(x - theta)) + 0.25 * sum(V(square(V(square(x)))));
      },
      2, 2);
  const Vector x0{{1, -0.5}}, theta{{0.3, 0.1}};
  const Matrix w = Matrix::Identity(2, 2);
  const std::vector<Method> methods{Reverse{},
                                    Reverse{.memory_budget = 6000},
                                    Reverse{.last_steps = automatic},
                                    Reverse{.at_end = true},
                                    Forward{},
                                    Implicit{.equation = Equation::gradient},
                                    Implicit{.equation = Equation::fixed_point},
                                    OneStep{},
                                    FiniteDifference{}};
  for (std::size_t which = 0; which < methods.size(); ++which) {
    CAPTURE(which);
    const auto made = [&](const Failing& solver) {
      return linearise(bowl, solver, x0, theta, {.steps = 12}, methods[which]);
    };
    const Failing never{0};
    const Matrix expected = made(never)->pull(w).theta;
    const int taken = *never.taken;
    REQUIRE(taken >= 12);
    for (int failing = 1; failing <= taken; ++failing) {
      CAPTURE(failing);
      const Failing solver{failing};
      const auto run = made(solver);
      REQUIRE_THROWS_AS(run->pull(w), std::runtime_error);
      REQUIRE(run->pull(w).theta == expected);
      REQUIRE(run->pull(w).theta == expected);
    }
  }
}

}  // namespace
}  // namespace unroll::second_attempt
