#pragma once

#include "unroll/problem/oracle.hpp"

/// Compiles `step` (or another member of its kind) of a solver for the three kinds of arrays: no others
/// exist.
#define UNROLL_INSTANTIATE(Solver, State, step)                                                          \
  template State<Vector> Solver::step(const Oracle<Vector>&, const State<Vector>&, const Vector&, Index) \
      const;                                                                                             \
  template State<DualVector> Solver::step(const Oracle<DualVector>&, const State<DualVector>&,           \
                                          const DualVector&, Index) const;                               \
  template State<VarVector> Solver::step(const Oracle<VarVector>&, const State<VarVector>&,              \
                                         const VarVector&, Index) const;
