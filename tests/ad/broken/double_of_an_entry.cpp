// expect: const double
// (The compiler's own words: a conversion that says more would be tried by `x[0] > 0 ? x[0] : 0.0`, too.)
#include "unroll/unroll.hpp"
using namespace unroll;

struct F {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const double s = theta[0];
    return s * squared_norm(x);
  }
};
auto problem() { return make_problem(F{}, 1, 1); }
