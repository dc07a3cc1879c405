// expect: a * b of two vectors: write dot
#include "unroll/unroll.hpp"

unroll::DualVector f(const unroll::DualVector& x, const unroll::DualVector& y) { return x * y; }
