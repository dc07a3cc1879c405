// expect: write `condition ? scalar_t<V>(a * b) : scalar_t<V>(a + b)`
#include "unroll/unroll.hpp"
using namespace unroll;

struct F {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const auto y = x[0] > 0 ? x[0] * theta[0] : x[0] + theta[0];
    return y * y;
  }
};
auto problem() { return make_problem(F{}, 1, 1); }
