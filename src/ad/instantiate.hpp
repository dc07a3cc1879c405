#pragma once

/// The closed sets over which the library is compiled: arrays without their types, see `erased`.
/// @{
#define UNROLL_FOR_ERASED(X) X(PlainView) X(VarArray) X(DualArray)
#define UNROLL_FOR_PAIRS_WITH_PLAIN(X, E) X(E, E) X(E, PlainView) X(PlainView, E)
#define UNROLL_FOR_ERASED_PAIRS(X) \
  X(PlainView, PlainView)          \
  UNROLL_FOR_PAIRS_WITH_PLAIN(X, VarArray) UNROLL_FOR_PAIRS_WITH_PLAIN(X, DualArray)
/// @}
