// expect: a solver's step must return the type of state that it takes
#include "unroll/unroll.hpp"

struct Solver {
  template <class V>
  V step(const unroll::Oracle<V>& f, const unroll::State<V>& s, const V& theta, unroll::Index t) const;
};

static_assert((unroll::require_solver<Solver, unroll::Vector>(),
               unroll::require_solver<Solver, unroll::VarVector>(), true));
