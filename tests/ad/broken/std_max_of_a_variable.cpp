// expect: drop `std::` (write `exp(x)` for `std::exp(x)`)
#include <algorithm>
#include <cmath>

#include "unroll/unroll.hpp"
using namespace unroll;

struct F {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return std::max(x[0], 0.0) * theta[0];
  }
};
auto problem() { return make_problem(F{}, 1, 1); }
