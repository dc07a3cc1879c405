// expect: assignment to an entry: what y[i] or y(i, j) gives is a value
#include "unroll/unroll.hpp"

void scale(unroll::VarMatrix& y) { y(1, 0) *= 2; }
