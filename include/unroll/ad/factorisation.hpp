#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "unroll/ad/linear.hpp"

namespace unroll {

namespace ad {
struct ConstantFactor;
/// op(A)⁻¹ X, on `erased` arrays.
template <class E>
erased_result_t<E> solution_by(const std::shared_ptr<const ConstantFactor>& factor, Side side, const E& x);
}  // namespace ad

/// The factors of a constant n×n matrix A, computed once and used for any number of systems; cheap to copy,
/// and kept by every recording that uses them.
///
///   const Factorisation factor = Factorisation::cholesky(A);
///   const V x = factor.solve(b), y = factor.solve(c);
class Factorisation {
 public:
  /// L Lᵀ of a symmetric positive definite A, of which the lower triangle is read; L D Lᵀ with a
  /// fill-reducing ordering of a sparse one. @throws ShapeError, NumericalError if A is not positive
  /// definite; `name` is what the message calls A.
  /// @{
  static Factorisation cholesky(const Matrix& A, std::string_view name = "Factorisation::cholesky: A");
  static Factorisation cholesky(const Eigen::SparseMatrix<double>& A,
                                std::string_view name = "Factorisation::cholesky: A");
  /// @}
  /// P A = L U of a regular A, with a fill-reducing ordering of a sparse one. @throws ShapeError,
  /// NumericalError if A is singular.
  /// @{
  static Factorisation lu(const Matrix& A, std::string_view name = "Factorisation::lu: A");
  static Factorisation lu(const Eigen::SparseMatrix<double>& A,
                          std::string_view name = "Factorisation::lu: A");
  /// @}
  /// No factors but the caller's own way, an iterative one say, from B to A⁻¹ B and to A⁻ᵀ B, both n×k.
  static Factorisation by(Index n, std::function<Matrix(const Matrix&)> solve,
                          std::function<Matrix(const Matrix&)> solve_transposed);

  Index size() const { return size_; }  // n
  /// A⁻¹ B [factor.solve(b): n×k → n×k]; A⁻ᵀ B [factor.solve_transposed(b): n×k → n×k] for a constant A that
  /// was factorised once. The factors are made by `Factorisation::cholesky(A)`, `lu(A)` or `by`. @throws
  /// ShapeError
  /// @{
  template <ad::AnyArray B>
  ad::array_t<B> solve(const B& b) const {
    return ad::array_t<B>(ad::solution_by(factor_, ad::Side::plain, ad::erased(ad::materialise(b))));
  }
  template <ad::AnyArray B>
  ad::array_t<B> solve_transposed(const B& b) const {
    return ad::array_t<B>(ad::solution_by(factor_, ad::Side::transposed, ad::erased(ad::materialise(b))));
  }
  /// @}

 private:
  Factorisation(std::shared_ptr<const ad::ConstantFactor> factor, Index size)
      : factor_(std::move(factor)), size_(size) {}
  std::shared_ptr<const ad::ConstantFactor> factor_;
  Index size_;
};

}  // namespace unroll
