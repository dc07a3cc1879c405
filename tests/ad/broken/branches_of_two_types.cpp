// expect: write `condition ? scalar_t<V>(a * b) : scalar_t<V>(a + b)`
#include "unroll/unroll.hpp"

using namespace unroll;

struct Branching {
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    return x[0] > 0 ? x[0] * theta[0] : x[0] + theta[0];
  }
};

auto problem() { return make_problem(Branching{}, 1, 1); }
