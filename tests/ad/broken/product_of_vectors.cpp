// expect: a * b of two vectors: write dot
#include "unroll/ad/elementwise.hpp"

unroll::DualVector f(const unroll::DualVector& x, const unroll::DualVector& y) { return x * y; }
