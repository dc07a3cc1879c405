#pragma once

#include <utility>

#include "unroll/ad/primitive.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/prox/term.hpp"

namespace unroll {

namespace detail {
/// U max(S − τ, 0) Vᵀ of X = U S Vᵀ (Cai, Candès & Shen 2010) as a primitive. Its derivative in X is, with
/// W = UᵀẊV, U (Γ⁻ ∘ sym W + Γ⁺ ∘ skew W) Vᵀ and what Ẋ has beside U and V, of divided differences
/// Γ∓ = (h(s_i) ∓ h(s_j))/(s_i ∓ s_j), h(s) = max(s − τ, 0): where singular values meet it is as smooth.
struct ShrunkSingularValues {
  static Matrix value(const Matrix& x, double tau);
  static Matrix pushforward(const Matrix& x, double tau, const Matrix& x_dot, double tau_dot);
  static std::pair<Matrix, double> pullback(const Matrix& x, double tau, const Matrix& y_bar);
};
void check_matrix(Index rows, Index cols, Index n);
}  // namespace detail

/// ψ = λ Σ_i s_i(X), the nuclear norm of x read as a matrix X of rows × cols, column by column: singular
/// values are moved towards 0 by hλ. λ as L1's. Differentiated once.
struct NuclearNorm {
  Index rows, cols;      // n = rows · cols
  double weight = 1;     // ≥ 0
  Index parameter = -1;  // of θ, or none

  /// prox_{hψ}(v), n, for h = `step`. @throws DomainError, ShapeError as L1; ShapeError unless n is rows ·
  /// cols.
  template <class V>
  V operator()(const V& v, double step, const V& theta) const {
    detail::check_matrix(rows, cols, v.size());
    const scalar_t<V> tau = step * detail::weight_of("nuclear norm", weight, parameter, theta);
    const matrix_t<V> X = reshape(v, rows, cols);
    return V(flatten(matrix_t<V>(apply<detail::ShrunkSingularValues>(X, tau))));
  }
};

}  // namespace unroll
