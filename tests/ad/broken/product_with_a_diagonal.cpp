// expect: of a diagonal `cwise_product(d, x)`
#include "unroll/unroll.hpp"
using namespace unroll;

struct F {
  Vector w;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V y = w.asDiagonal() * x;
    return theta[0] * squared_norm(y);
  }
};
auto problem() { return make_problem(F{}, 1, 1); }
