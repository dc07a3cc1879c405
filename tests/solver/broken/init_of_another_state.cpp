// expect: taking the state that init(x0) returns (State<V> when there is no init)
#include "unroll/unroll.hpp"

struct Solver {
  template <class V>
  struct Memory {
    V x, previous;
  };
  template <class V>
  unroll::State<V> init(const V& x0) const;
  template <class V>
  Memory<V> step(const unroll::Oracle<V>& f, const Memory<V>& s, const V& theta, unroll::Index t) const;
};

static_assert((unroll::require_solver<Solver, unroll::Vector>(),
               unroll::require_solver<Solver, unroll::VarVector>(), true));
