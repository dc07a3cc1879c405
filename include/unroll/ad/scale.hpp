#pragma once

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/var_array.hpp"

namespace unroll::ad {

/// s · x for a scalar s that has a derivative, as one node. Behind `operator*`.
VarVector scale_array(const Var& s, const VarVector& x);
VarMatrix scale_array(const Var& s, const VarMatrix& x);
DualVector scale_array(const Dual& s, const DualVector& x);
DualMatrix scale_array(const Dual& s, const DualMatrix& x);
/// x / s, likewise.
VarVector divide_array(const VarVector& x, const Var& s);
VarMatrix divide_array(const VarMatrix& x, const Var& s);
DualVector divide_array(const DualVector& x, const Dual& s);
DualMatrix divide_array(const DualMatrix& x, const Dual& s);

}  // namespace unroll::ad
