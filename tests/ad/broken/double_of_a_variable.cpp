// expect: keep it, `const scalar_t<V> s = x[0];`
#include "unroll/unroll.hpp"
using namespace unroll;
double f(const Var& x) { return double(x * 2.0); }
double f(const DualVector& x) { return static_cast<double>(x[0]); }
