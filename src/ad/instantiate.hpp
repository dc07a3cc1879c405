#pragma once

/// The closed sets over which the library is compiled.
/// @{
#define UNROLL_FOR_ARRAYS(X) X(Vector) X(Matrix) X(VarVector) X(VarMatrix) X(DualVector) X(DualMatrix)
#define UNROLL_FOR_PAIRS_OF(X, V, P) X(V, V) X(V, P) X(P, V)
#define UNROLL_FOR_PAIRS(X)                 \
  X(Vector, Vector)                         \
  X(Matrix, Matrix)                         \
  UNROLL_FOR_PAIRS_OF(X, VarVector, Vector) \
  UNROLL_FOR_PAIRS_OF(X, VarMatrix, Matrix) \
  UNROLL_FOR_PAIRS_OF(X, DualVector, Vector) UNROLL_FOR_PAIRS_OF(X, DualMatrix, Matrix)
#define UNROLL_FOR_ERASED_PAIRS(X) \
  X(PlainView, PlainView)          \
  UNROLL_FOR_PAIRS_OF(X, VarArray, PlainView) UNROLL_FOR_PAIRS_OF(X, DualArray, PlainView)
/// @}
