#include "unroll/solver/sobolev.hpp"

namespace unroll {

template SobolevState<Vector> sobolev_step(const Oracle<Vector>&, const SobolevState<Vector>&, const Vector&);
template SobolevState<DualVector> sobolev_step(const Oracle<DualVector>&, const SobolevState<DualVector>&,
                                               const DualVector&);
template SobolevState<VarVector> sobolev_step(const Oracle<VarVector>&, const SobolevState<VarVector>&,
                                              const VarVector&);

}  // namespace unroll
