#pragma once

#include "unroll/types.hpp"

/// What templates need of plain arrays, compiled once: every expression of Eigen's that stands in a header
/// costs each program that includes it.
namespace unroll::ad {

/// Rows `first`, …, `first + count − 1`.
Matrix rows_of(const Matrix& x, Index first, Index count);
/// The last `count` columns.
Matrix last_columns(const Matrix& x, Index count);
/// One above the other; both have as many columns.
Matrix stacked(const Matrix& above, const Matrix& below);
/// c I, n×n.
Matrix scaled_identity(double c, Index n);
/// −v.
Vector negative(const Vector& v);
/// The i-th of n.
Vector unit_vector(Index n, Index i);
/// x + c y.
Vector displaced(const Vector& x, double c, const Vector& y);
/// Whether all numbers are the same; NaN is not.
bool are_equal(const double* a, const double* b, Index count);
bool are_finite(const double* x, Index count);

}  // namespace unroll::ad
