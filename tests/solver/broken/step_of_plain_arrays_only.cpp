// expect: callable with plain, dual and taped arrays V
#include "unroll/unroll.hpp"

struct Solver {
  unroll::State<unroll::Vector> step(const unroll::Oracle<unroll::Vector>& f,
                                     const unroll::State<unroll::Vector>& s, const unroll::Vector& theta,
                                     unroll::Index) const;
};

static_assert((unroll::require_solver<Solver, unroll::Vector>(),
               unroll::require_solver<Solver, unroll::VarVector>(), true));
