// expect: write `using unroll::exp;` for `using std::exp;`
#include <cmath>

#include "unroll/unroll.hpp"
using namespace unroll;

struct Lasso {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    using std::abs;
    return theta[0] * sum(abs(x));
  }
};
auto problem() { return make_problem(Lasso{}, 3, 1); }
