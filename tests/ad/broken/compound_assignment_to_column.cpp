// expect: assignment to an entry: what y[i] or y(i, j) gives is a value
#include "unroll/unroll.hpp"

void add(unroll::DualMatrix& y, const unroll::DualVector& v) { column(y, 0) += v; }
