// Linear systems, their factors and determinants.
#include "fuzz/library_graph.hpp"
#include "fuzz/library_sparse.hpp"
#include "unroll/ad/factorisation.hpp"

namespace unroll::fuzz {
namespace {

template <class A, class B>
auto solved(std::size_t which, const A& a, const B& b) {
  switch (which % 4) {
    case 0:
      return solve_lu(a, b);
    case 1:
      return solve_cholesky(a, b);
    case 2:
      return solve_lower(a, b);
    default:
      return solve_upper(a, b);
  }
}

/// By the factors of a constant of any kind; transposed where `which` is odd.
template <class A>
A solved_by_factors(const Instruction& step, Index n, const A& b) {
  const Matrix regular = regular_matrix(step, n), definite = definite_matrix(step, n);
  const auto made = [&] {
    switch (step.number / 10 % 5) {
      case 0:
        return Factorisation::lu(regular);
      case 1:
        return Factorisation::lu(Eigen::SparseMatrix<double>(regular.sparseView()));
      case 2:
        return Factorisation::cholesky(definite);
      case 3:
        return Factorisation::cholesky(Eigen::SparseMatrix<double>(definite.sparseView()));
      default:
        return Factorisation::by(
            n, [regular](const Matrix& x) -> Matrix { return solve_lu(regular, x); },
            [regular](const Matrix& x) -> Matrix { return solve_lu(transpose(regular), x); });
    }
  };
  const Factorisation factors = made();
  return step.number / 5 % 2 == 0 ? factors.solve(b) : factors.solve_transposed(b);
}

}  // namespace

template <class V>
bool LibraryGraph<V>::systems(const Instruction& step) {
  using enum Operation;
  const std::size_t which = step.number / 4 % 4, variant = step.number % 4;
  V &to = v[step.to], &b = v[step.b];
  M &m_to = m[step.to], &m_a = m[step.a], &m_b = m[step.b];
  // What a method reads of these is the same matrix.
  const auto matrix = [&] { return which == 1 ? definite(m_a, m_b) : general(m_a); };
  const auto constant = [&] { return which == 1 ? definite_matrix(step, n) : regular_matrix(step, n); };
  switch (step.operation) {
    case solution:
      if (variant == 0)
        to = V(solved(which, constant(), b));
      else if (variant == 1)
        to = V(solved(which, matrix(), constant_vector(step, n)));
      else
        to = V(solved(which, matrix(), b));
      break;
    case matrix_solution:
      if (variant == 0)
        m_to = M(solved(which, constant(), m_b));
      else if (variant == 1)
        m_to = M(solved(which, matrix(), constant_matrix(step, n)));
      else
        m_to = M(solved(which, matrix(), m_b));
      break;
    case factored_solution:
      to = solved_by_factors(step, n, b);
      break;
    case factored_matrix_solution:
      m_to = solved_by_factors(step, n, m_b);
      break;
    case sparse_solution:
      to = V(solve_cholesky(tame() ? banded(M(tanh(m_a)), 4) : banded(m_a), b));
      break;
    case inverted:
      m_to = unroll::inverse(general(m_a));
      break;
    case lower_factor:
      m_to = cholesky_factor(definite(m_a, m_b));
      break;
    case log_determinant:
      s[step.to] = variant % 2 == 0 ? S(log_det(general(m_a))) : S(log_det_cholesky(definite(m_a, m_b)));
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace unroll::fuzz
UNROLL_FUZZ_WORLDS(systems)
