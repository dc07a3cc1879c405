#include "unroll/ad/plain.hpp"

#include <algorithm>
#include <cmath>

namespace unroll::ad {

Matrix rows_of(const Matrix& x, Index first, Index count) { return x.middleRows(first, count); }

Matrix last_columns(const Matrix& x, Index count) { return x.rightCols(count); }

Matrix stacked(const Matrix& above, const Matrix& below) {
  Matrix both(above.rows() + below.rows(), above.cols());
  both << above, below;
  return both;
}

Matrix scaled_identity(double c, Index n) { return c * Matrix::Identity(n, n); }

Vector negative(const Vector& v) { return -v; }
Vector unit_vector(Index n, Index i) { return Vector::Unit(n, i); }

Vector displaced(const Vector& x, double c, const Vector& y) { return x + c * y; }

bool are_equal(const double* a, const double* b, Index count) { return std::equal(a, a + count, b); }

bool are_finite(const double* x, Index count) { return Eigen::Map<const Vector>(x, count).allFinite(); }

}  // namespace unroll::ad
