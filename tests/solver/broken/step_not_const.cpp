// expect: callable with plain, dual and taped arrays V, and taking the state that init(x0) returns
#include "unroll/unroll.hpp"

struct Solver {
  template <class V>
  unroll::State<V> step(const unroll::Oracle<V>& f, const unroll::State<V>& s, const V& theta, unroll::Index);
};

static_assert((unroll::require_solver<Solver, unroll::Vector>(),
               unroll::require_solver<Solver, unroll::VarVector>(), true));
