// expect: deleted
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/oracle.hpp"

unroll::Vector wrong(const unroll::Vector& x, const unroll::Vector& theta) {
  const unroll::Oracle<unroll::Vector> f(unroll::NoObjective(2, 2));
  return f.gradient(x, theta);
}
