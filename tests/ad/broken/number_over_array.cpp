// expect: s / b of a number and an array: write s * reciprocal(b)
#include "unroll/unroll.hpp"

unroll::VarVector f(const unroll::VarVector& x) { return 1.0 / x; }
