// expect: drop `std::` (write `exp(x)` for `std::exp(x)`)
#include "unroll/unroll.hpp"
using namespace unroll;
Dual f(const Dual& x) { return std::max(x, 0.0); }
