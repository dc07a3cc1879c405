#pragma once

#include "unroll/ad/linear.hpp"

/// Solutions of linear systems A X = B, where A, B or both carry derivatives; B a vector or a matrix.
/// The derivative of the general solve is used in both: Ẋ = A⁻¹(Ḃ − Ȧ X), B̄ += A⁻ᵀ X̄, Ā −= (A⁻ᵀ X̄) Xᵀ. The
/// factors are computed once and serve value, tangents and pullback.
namespace unroll {

namespace ad {
/// M X = B as a vector if B is one, in the world that carries derivatives.
template <class M, class B>
using solution_t =
    std::conditional_t<PlainArray<B> && !PlainArray<M>,
                       std::conditional_t<std::is_same_v<B, Vector>,
                                          std::conditional_t<TapedArray<M>, VarVector, DualVector>, M>,
                       B>;
template <class M, class B>
solution_t<M, B> cholesky_solution(const M& a, const B& b);
template <class M, class B>
solution_t<M, B> lu_solution(const M& a, const B& b);
}  // namespace ad

/// A⁻¹ B for symmetric positive definite A, of which the lower triangle is read: so is the derivative, that
/// of the lower triangle, whatever stands above it. @throws ShapeError, NumericalError with the pivot that is
/// not positive.
template <ad::AnyArray M, ad::AnyArray B>
auto solve_cholesky(const M& a, const B& b) {
  return ad::cholesky_solution(ad::materialise(a), ad::materialise(b));
}
/// A⁻¹ B for regular A, by LU with partial pivoting. @throws ShapeError, NumericalError with the pivot that
/// vanishes.
template <ad::AnyArray M, ad::AnyArray B>
auto solve_lu(const M& a, const B& b) {
  return ad::lu_solution(ad::materialise(a), ad::materialise(b));
}

}  // namespace unroll
