#pragma once

#include "unroll/ad/sparse.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

namespace detail {
/// argmin_x ‖x − v‖²/2 + τ Σ|x_{i+1} − x_i| (Condat 2013): constant on `pieces` of consecutive entries, of
/// which piece k is the mean of v there plus τ · lift[k].
struct TautString {
  Eigen::SparseMatrix<double> means;   // pieces×n
  Eigen::SparseMatrix<double> spread;  // n×pieces, of zeros and ones
  Vector lift;
};
TautString taut_string(const Vector& v, double tau);
}  // namespace detail

/// ψ = λ Σ_i |x_{i+1} − x_i|, total variation in one dimension: on pieces that are found on numbers, the mean
/// of v, moved towards the neighbours' by hλ over the length. λ as L1's.
struct TotalVariation {
  double weight = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  /// prox_{hψ}(v), n, for h = `step`. @throws DomainError, ShapeError as L1.
  template <class V>
  V operator()(const V& v, double step, const V& theta) const {
    const scalar_t<V> tau = step * detail::weight_of("total variation", weight, parameter, theta);
    const detail::TautString s = detail::taut_string(value_of(v), value_of(tau));
    return V(s.spread * V(V(s.means * v) + V(tau * V(s.lift))));
  }
};

}  // namespace unroll
