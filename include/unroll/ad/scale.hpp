#pragma once

#include "unroll/ad/dual.hpp"
#include "unroll/ad/var_array.hpp"

namespace unroll::ad {

/// s · x for a scalar s that has a derivative, as one node. Behind `operator*`.
VarVector scale_array(const Var& s, const VarVector& x);
VarMatrix scale_array(const Var& s, const VarMatrix& x);
DualVector scale_array(const Dual& s, const DualVector& x);
DualMatrix scale_array(const Dual& s, const DualMatrix& x);

}  // namespace unroll::ad
