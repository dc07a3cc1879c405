#include "unroll/solver/momentum.hpp"

namespace unroll {

template MomentumState<Vector> momentum_step(const MomentumCoefficients&, const Oracle<Vector>&,
                                             const MomentumState<Vector>&, const Vector&);
template MomentumState<DualVector> momentum_step(const MomentumCoefficients&, const Oracle<DualVector>&,
                                                 const MomentumState<DualVector>&, const DualVector&);
template MomentumState<VarVector> momentum_step(const MomentumCoefficients&, const Oracle<VarVector>&,
                                                const MomentumState<VarVector>&, const VarVector&);

}  // namespace unroll
