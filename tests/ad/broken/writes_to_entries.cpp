// expect: non-const lvalue reference
#include "unroll/unroll.hpp"

void clear(unroll::VarVector& y) {
  for (auto& entry : y) entry = 0.0;
}
