#pragma once

#include "unroll/ad/sparse.hpp"
#include "unroll/ad/structure.hpp"

namespace unroll::fuzz {

/// The diagonal of x, one below and two above, as a sparse matrix; `shift` added to the diagonal.
template <class M>
SparseArray<vector_t<M>> banded(const M& x, double shift = 0) {
  const SparsePattern pattern = SparsePattern::band(x.rows(), 1, 2);
  std::vector<Index> places;
  Vector shifts(pattern.size());
  for (const auto& [i, j] : pattern.positions()) {
    shifts[static_cast<Index>(places.size())] = i == j ? shift : 0;
    places.push_back(i + j * x.rows());
  }
  return pattern.matrix(vector_t<M>(gather(x, places) + shifts));
}

}  // namespace unroll::fuzz
