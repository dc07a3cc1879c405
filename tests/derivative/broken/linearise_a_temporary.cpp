// expect: deleted function
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/gradient_descent.hpp"

auto wrong(const unroll::Vector& x0, const unroll::Vector& theta) {
  return unroll::linearise(unroll::NoObjective(2, 2), unroll::GradientDescent{0.5}, x0, theta, {.steps = 4},
                           unroll::Reverse{});
}
