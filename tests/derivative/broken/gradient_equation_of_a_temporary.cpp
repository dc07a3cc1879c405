// expect: deleted function
#include "unroll/derivative/implicit.hpp"
#include "unroll/problem/no_objective.hpp"

auto wrong(const unroll::Vector& x, const unroll::Vector& theta) {
  return unroll::gradient_equation(unroll::NoObjective(2, 2), x, theta);
}
