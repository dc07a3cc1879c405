// expect: make_problem: f(x, theta) must accept const VarVector& twice and give a Var, no double
#include "unroll/unroll.hpp"

struct Mine {
  template <class V>
  double operator()(const V& x, const V&) const {
    return unroll::value_of(x).sum();
  }
};

auto problem() { return unroll::make_problem(Mine{}, 2, 2); }
