// expect: assignment to an entry: what y[i] or y(i, j) gives is a value
#include "unroll/unroll.hpp"

void set(unroll::DualVector& y, const unroll::Dual& s) { y[0] = s; }
