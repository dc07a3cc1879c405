#pragma once

#include <Eigen/LU>

#include "unroll/ad/access.hpp"
#include "unroll/ad/eigen_traits.hpp"
#include "unroll/ad/linear.hpp"

namespace unroll {

/// A constant matrix times an Eigen vector of scalars with derivatives: one node, not n statements a row.
template <class M, class D>
requires(std::is_same_v<std::remove_cvref_t<M>, Matrix>&&
             std::is_same_v<D, Eigen::Matrix<Var, Eigen::Dynamic, 1>>) D
operator*(M&& matrix, const D& x) {
  const VarVector y = std::forward<M>(matrix) * VarVector(x);
  D entries(y.size());
  for (Index i = 0; i < y.size(); ++i) entries[i] = y[i];
  return entries;
}

}  // namespace unroll
