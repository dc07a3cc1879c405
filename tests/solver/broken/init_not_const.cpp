// expect: a solver's init must be const
#include "unroll/unroll.hpp"

struct Mine {
  template <class V>
  unroll::State<V> init(const V& x0) {
    return {x0};
  }
  template <class V>
  unroll::State<V> step(const unroll::Oracle<V>&, const unroll::State<V>& s, const V&, unroll::Index) const {
    return s;
  }
};

static_assert((unroll::require_solver<Mine, unroll::Vector>(), true));
