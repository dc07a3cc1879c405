// expect: a temporary is gone after this line, and is read later: give it a name first
#include "unroll/unroll.hpp"

auto wrong(const unroll::Vector& x, const unroll::Vector& theta) {
  return unroll::gradient_equation(unroll::NoObjective(2, 2), x, theta);
}
