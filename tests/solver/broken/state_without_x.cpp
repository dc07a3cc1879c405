// expect: a solver's state must have its iterate as a member `V x`
#include "unroll/unroll.hpp"

struct Solver {
  template <class V>
  struct State {
    V y;
    unroll::Index count;
  };
  template <class V>
  State<V> init(const V& x0) const;
  template <class V>
  State<V> step(const unroll::Oracle<V>& f, const State<V>& s, const V& theta, unroll::Index t) const;
};

static_assert((unroll::require_solver<Solver, unroll::Vector>(),
               unroll::require_solver<Solver, unroll::VarVector>(), true));
