// expect: make_problem: f's prepare must be const
#include "unroll/unroll.hpp"

struct Mine {
  template <class V>
  V prepare(const V& theta) {
    return theta;
  }
  template <class V>
  auto operator()(const V& x, const V&, const V& c) const {
    return unroll::dot(x, c);
  }
};

auto problem() { return unroll::make_problem(Mine{}, 2, 2); }
