// expect: assignment to an entry: what y[i] or y(i, j) gives is a value
#include "unroll/unroll.hpp"

void set(unroll::DualMatrix& y, const unroll::DualVector& x) { column(y, 0) = x; }
