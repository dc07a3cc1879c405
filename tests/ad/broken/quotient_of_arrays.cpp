// expect: a / b of two arrays: write cwise_quotient
#include "unroll/unroll.hpp"

unroll::VarVector f(const unroll::VarVector& x, const unroll::VarVector& y) { return x / y; }
