// expect: assignment to an entry: what y[i] or y(i, j) gives is a value
#include "unroll/unroll.hpp"

void set(unroll::VarVector& y) { segment(y, 0, 1) = unroll::Vector{{3.}}; }
