// expect: a temporary is gone after this line, and is read later: give it a name first

#include "unroll/unroll.hpp"

unroll::Vector wrong(const unroll::Vector& x, const unroll::Vector& theta) {
  const unroll::Oracle<unroll::Vector> f(unroll::NoObjective(2, 2));
  return f.gradient(x, theta);
}
