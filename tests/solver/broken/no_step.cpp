// expect: a solver needs `template <class V> auto step(const Oracle<V>& f
#include "unroll/unroll.hpp"

struct Solver {};

static_assert((unroll::require_solver<Solver, unroll::Vector>(),
               unroll::require_solver<Solver, unroll::VarVector>(), true));
