#include "unroll/solver/momentum.hpp"

namespace unroll {

template MomentumState<Vector> momentum_step(const MomentumCoefficients&, const Oracle<Vector>&,
                                             const MomentumState<Vector>&, const Vector&);

}  // namespace unroll
