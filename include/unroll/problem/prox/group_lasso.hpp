#pragma once

#include <vector>

#include "unroll/ad/reduce.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

namespace detail {
/// @throws ShapeError unless all are positive and their sum is n.
void check_groups(const std::vector<Index>& sizes, Index n);
}  // namespace detail

/// ψ = λ Σ_g ‖x_g‖₂, over groups of consecutive entries (Yuan & Lin 2006): v_g max(0, 1 − hλ/‖v_g‖). λ as
/// L1's.
struct GroupLasso {
  std::vector<Index> sizes;  // of the groups, > 0; their sum is n
  double weight = 1;         // ≥ 0
  Index parameter = -1;      // of θ, or none

  /// prox_{hψ}(v), n, for h = `step`. @throws DomainError, ShapeError as L1, and if the groups are not n
  /// entries.
  template <class V>
  V operator()(const V& v, double step, const V& theta) const {
    detail::check_groups(sizes, v.size());
    const scalar_t<V> threshold = step * detail::weight_of("group lasso", weight, parameter, theta);
    V all{Vector()};
    Index first = 0;
    for (const Index size : sizes) {
      const V group = segment(v, first, size);
      const double length = value_of(group).stableNorm(), most = value_of(threshold);
      const V shrunk = !(length <= most) ? V((1 - threshold / norm(group)) * group)  // a NaN is passed on
                       : most == 0       ? group  // of weight 0 the map is the identity, at 0 too
                                         : V(Vector(Vector::Zero(size)));
      all = V(concatenate(all, shrunk));
      first += size;
    }
    return all;
  }
};

}  // namespace unroll
