#pragma once

#include "unroll/ad/linear.hpp"

/// Solutions of linear systems A X = B, where A, B or both carry derivatives; B a vector or a matrix.
/// The derivative of the general solve is used in all: Ẋ = A⁻¹(Ḃ − Ȧ X), B̄ += A⁻ᵀ X̄, Ā −= (A⁻ᵀ X̄) Xᵀ. The
/// factors are computed once and serve value, tangents and pullback. What a solve does not read of A, a
/// triangle say, has no derivative, whatever stands there. A constant A with which several systems are solved
/// is factorised once: factorisation.hpp.
namespace unroll {

namespace ad {
enum class Factoring { cholesky, lu, lower, upper };
/// On `erased` arrays.
template <class A, class B>
erased_result_t<A, B> solution(Factoring factoring, const A& a, const B& b);
template <class M, class B>
common_world_t<B, M> solve(Factoring factoring, const M& a, const B& b) {
  return common_world_t<B, M>(solution(factoring, erased(materialise(a)), erased(materialise(b))));
}
}  // namespace ad

#define UNROLL_SOLVE(factoring)                       \
  template <ad::AnyArray M, ad::AnyArray B>           \
  auto solve_##factoring(const M& a, const B& b) {    \
    return ad::solve(ad::Factoring::factoring, a, b); \
  }
/// A⁻¹ B [solve_cholesky(a, b): n×n, n×k → n×k] for symmetric positive definite A, of which the lower
/// triangle is read. @throws ShapeError, NumericalError with the pivot that is not positive.
UNROLL_SOLVE(cholesky)
/// A⁻¹ B [solve_lu(a, b): n×n, n×k → n×k] for regular A, by LU with partial pivoting. @throws ShapeError,
/// NumericalError with the pivot that vanishes.
UNROLL_SOLVE(lu)
/// A⁻¹ B for a lower triangular A [solve_lower(a, b): n×n, n×k → n×k]; A⁻¹ B for an upper triangular A
/// [solve_upper(a, b): n×n, n×k → n×k]. The other triangle is not read. @throws ShapeError,
/// NumericalError with the entry of the diagonal that is 0.
/// @{
UNROLL_SOLVE(lower)
UNROLL_SOLVE(upper)
/// @}
#undef UNROLL_SOLVE

}  // namespace unroll
