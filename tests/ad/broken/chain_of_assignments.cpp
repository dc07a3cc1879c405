// expect: assignment to an entry: what y[i] or y(i, j) gives is a value
#include "unroll/unroll.hpp"

void clear(unroll::VarVector& y) { y[0] = y[1] = 0.0; }
