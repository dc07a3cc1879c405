#pragma once

#include "unroll/ad/solve.hpp"
#include "unroll/ad/structure.hpp"

/// Determinants, factors, eigen- and singular values of matrices with derivatives to third order. Of
/// what is called symmetric the lower triangle is read, and the derivative is that of the lower triangle.
/// @throws ShapeError unless the matrix is square, where it must be.
namespace unroll {

/// Eigenvalues, ascending, and the eigenvectors, one a column, each with its entry of greatest magnitude
/// positive.
template <class M>
struct SymmetricEigen {
  vector_t<M> values;  // n
  M vectors;           // n×n
};

namespace ad {
template <class M>
M factor_of(const M& a);
template <class M>
scalar_t<M> log_determinant(const M& a);
template <class M>
vector_t<M> symmetric_eigenvalues(const M& a);
/// [V; λᵀ], (n + 1) × n.
template <class M>
M eigen_system(const M& a);
/// The indices in an N×N matrix, N = rows + cols, where [0 Xᵀ; X 0] has the entries of X below its diagonal.
std::vector<Index> below_diagonal(Index rows, Index cols);
std::vector<Index> descending(Index last, Index count);
}  // namespace ad

/// The lower triangular L with L Lᵀ = A [cholesky_factor(a): n×n → n×n], for symmetric positive definite A.
/// @throws NumericalError if A is not positive definite.
template <ad::AnyArray M>
matrix_t<M> cholesky_factor(const M& a) {
  return ad::factor_of<matrix_t<M>>(ad::materialise(a));
}
/// log |det A| [log_det(a): n×n → 1], by LU. @throws NumericalError if A is singular.
template <ad::AnyArray M>
scalar_t<M> log_det(const M& a) {
  return ad::log_determinant<matrix_t<M>>(ad::materialise(a));
}
/// log det A [log_det_cholesky(a): n×n → 1], for symmetric positive definite A. @throws NumericalError if A
/// is not.
template <ad::AnyArray M>
scalar_t<M> log_det_cholesky(const M& a) {
  return 2.0 * sum(log(diagonal(cholesky_factor(a))));
}
/// A⁻¹ [inverse(a): n×n → n×n], by LU. To solve with A, solve_lu is cheaper. @throws NumericalError if A is
/// singular.
template <ad::AnyArray M>
matrix_t<M> inverse(const M& a) {
  return solve_lu(a, Matrix(Matrix::Identity(a.rows(), a.cols())));
}
/// xᵀ A x [quadratic_form(a, x): n×n, n → 1]. A may be a constant of any kind.
template <class M, ad::AnyArray V>
scalar_t<V> quadratic_form(const M& a, const V& x) {
  return dot(x, vector_t<V>(a * x));
}

/// The eigenvalues of a symmetric A, ascending [eigenvalues(a): n×n → n]. Where two meet, the first
/// derivative is that of a sum over both alone.
template <ad::AnyArray M>
vector_t<M> eigenvalues(const M& a) {
  return ad::symmetric_eigenvalues<matrix_t<M>>(ad::materialise(a));
}
/// Eigenvalues and eigenvectors of a symmetric A [symmetric_eigen(a): n×n → n, n×n]. @throws NumericalError,
/// naming the gap, where a derivative of eigenvectors is asked for whose eigenvalues meet.
template <ad::AnyArray M>
SymmetricEigen<matrix_t<M>> symmetric_eigen(const M& a) {
  const matrix_t<M> system = ad::eigen_system<matrix_t<M>>(ad::materialise(a));
  return {row(system, system.cols()), rows(system, 0, system.cols())};
}
/// The singular values of X, descending [singular_values(x): m×n → min(m, n)]. They are eigenvalues of [0 Xᵀ;
/// X 0]. At a singular value 0 the derivative is one of the two of its absolute value. @throws NumericalError
/// where a second derivative needs the vectors of two that meet, or of one that is 0.
template <ad::AnyArray M>
vector_t<M> singular_values(const M& x) {
  const Index n = x.rows() + x.cols();
  const auto both = reshape(scatter(x, ad::below_diagonal(x.rows(), x.cols()), n * n), n, n);
  return gather(eigenvalues(both), ad::descending(n - 1, std::min(x.rows(), x.cols())));
}

}  // namespace unroll
