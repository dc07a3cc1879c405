// Products of matrices of all kinds.
#include <functional>

#include "fuzz/library_graph.hpp"
#include "fuzz/library_sparse.hpp"

namespace unroll::fuzz {
namespace {

using Sparse = Eigen::SparseMatrix<double>;
Sparse sparse(const Matrix& c) { return c.sparseView(); }
LinearOperator as_operator(const Matrix& c) {
  return {c.rows(), c.cols(), [c](const Vector& x) -> Vector { return c * x; },
          [c](const Vector& y) -> Vector { return c.transpose() * y; }};
}

/// C x, or Cᵀ x where `which` is odd, for a constant C of any kind; x a vector or a matrix.
template <class A>
A constant_product(std::size_t which, const Matrix& lasting, const A& x) {
  const Matrix c = lasting;
  switch (which % 14) {
    case 0:
      return A(c * x);
    case 1:
      return A(c.transpose() * x);
    case 2:
      return A(Matrix(2.0 * c - c) * x);
    case 3:
      return A(Matrix(c.transpose()) * x);
    case 4:
      return std::cref(lasting) * x;
    case 5:
      return transpose(std::cref(lasting)) * x;
    case 6:
      return Constant<Matrix>(c) * x;
    case 7:
      return transpose(Constant<Matrix>(c)) * x;
    case 8:
      return A(sparse(c) * x);
    case 9: {
      const Sparse stored = sparse(c);
      return A(stored.transpose() * x);
    }
    case 10:
      return as_operator(c) * x;
    case 11:
      return transpose_product(as_operator(c), x);
    case 12:
      return Constant<Sparse>(sparse(c)) * x;
    default: {
      Matrix wide(c.rows(), 2 * c.cols());
      wide << c, c.transpose();
      return A(wide.rightCols(c.cols()) * x);
    }
  }
}
/// X C, or X Cᵀ where `which` is odd.
template <class M>
M product_with_constant(std::size_t which, const Matrix& lasting, const M& x) {
  const Matrix c = lasting;
  switch (which % 6) {
    case 0:
      return M(x * c);
    case 1:
      return M(x * c.transpose());
    case 2:
      return M(x * std::cref(lasting));
    case 3:
      return M(x * Matrix(c.transpose()));
    case 4:
      return x * Constant<Matrix>(c);
    default:
      return x * transpose(Constant<Matrix>(c));
  }
}

}  // namespace

template <class V>
bool LibraryGraph<V>::linear(const Instruction& step) {
  using enum Operation;
  const Matrix& c = lasting_matrix(step, n);
  const std::size_t variant = step.number / 5;
  V &to = v[step.to], &b = v[step.b];
  M &m_to = m[step.to], &m_a = m[step.a], &m_b = m[step.b];
  switch (step.operation) {
    case constant_times:
      to = constant_product(variant, c, b);
      break;
    case constant_times_matrix:
      m_to = constant_product(variant, c, m_b);
      break;
    case matrix_times_constant:
      m_to = product_with_constant(variant, c, m_a);
      break;
    case matrix_times_constant_vector:
      to = V(m_a * constant_vector(step, n));
      break;
    case matrix_times:
      to = V(m_a * b);
      break;
    case matrix_product:
      m_to = M(m_a * m_b);
      break;
    case sparse_times:
      to = variant % 2 == 0 ? V(banded(m_a) * b) : V(transpose(banded(m_a)) * b);
      break;
    case sparse_times_matrix:
      m_to = variant % 2 == 0 ? M(banded(m_a) * m_b) : M(transpose(banded(m_a)) * constant_matrix(step, n));
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
UNROLL_FUZZ_WORLDS(linear)
