#include "ad/factors.hpp"

#include <fmt/format.h>

#include <Eigen/SparseCore>

#include "unroll/error.hpp"

namespace unroll::ad {

namespace {

[[noreturn]] void throw_not_finite(std::string_view name, Index n, Index k) {
  throw NumericalError(fmt::format(
      "{} is {}x{} and has entries that are not finite, or too large: see pivot {}", name, n, n, k));
}

// The pivot of A's Cholesky factorisation that is not positive, by the plain recurrence: an error path.
[[noreturn]] void throw_indefinite(std::string_view name, const ConstBlock& a) {
  const Index n = a.rows();
  Matrix l = a;
  for (Index k = 0; k < n; ++k) {
    const double pivot = l(k, k) - l.row(k).head(k).squaredNorm();
    if (std::isnan(pivot)) throw_not_finite(name, n, k);
    if (!(pivot > 0))
      throw NumericalError(
          fmt::format("{} is {}x{} and not positive definite: pivot {} is {}", name, n, n, k, pivot));
    l(k, k) = std::sqrt(pivot);
    for (Index i = k + 1; i < n; ++i) l(i, k) = (l(i, k) - l.row(i).head(k).dot(l.row(k).head(k))) / l(k, k);
  }
  throw NumericalError(fmt::format("{} is {}x{} and not positive definite", name, n, n));
}

}  // namespace

void check_pivots(std::string_view name, const Eigen::Ref<const Vector, 0, Eigen::InnerStride<>>& pivots) {
  for (Index k = 0; k < pivots.size(); ++k) {
    if (!std::isfinite(pivots[k])) throw_not_finite(name, pivots.size(), k);
    if (pivots[k] == 0)
      throw NumericalError(fmt::format("{} is {}x{} and singular: pivot {} is {}", name, pivots.size(),
                                       pivots.size(), k, pivots[k]));
  }
}

template <>
template <>
Cholesky::Decomposed(std::string_view name, const ConstBlock& a) : decomposition_(a) {
  if (decomposition_.info() != Eigen::Success || !decomposition_.matrixLLT().diagonal().allFinite())
    throw_indefinite(name, a);
}
template <>
template <class A>
Lu::Decomposed(std::string_view name, const A& a) : decomposition_(a) {
  check_pivots(name, decomposition_.matrixLU().diagonal());
}
template Lu::Decomposed(std::string_view, const ConstBlock&);
template Lu::Decomposed(std::string_view, const Eigen::SparseMatrix<double>&);

void check_system(std::string_view name, Shape a, Index rows_of_b) {
  if (a.rows != a.cols) throw ShapeError(fmt::format("{} is {}x{}, not square", name, a.rows, a.cols));
  if (a.rows != rows_of_b)
    throw ShapeError(fmt::format("{} is {}x{}, b has {} rows", name, a.rows, a.cols, rows_of_b));
}

}  // namespace unroll::ad
