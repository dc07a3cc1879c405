// expect: a temporary is gone after this line, and is read later: give it a name first
#include "unroll/unroll.hpp"

auto wrong(const unroll::Vector& x0, const unroll::Vector& theta) {
  return unroll::linearise(unroll::NoObjective(2, 2), unroll::GradientDescent{0.5}, x0, theta, {.steps = 4},
                           unroll::Reverse{});
}
