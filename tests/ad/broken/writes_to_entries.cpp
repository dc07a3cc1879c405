// expect: cannot bind non-const lvalue reference of type
#include "unroll/unroll.hpp"

void clear(unroll::VarVector& y) {
  for (auto& entry : y) entry = 0.0;
}
