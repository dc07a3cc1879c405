#include "unroll/ad/decompositions.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>

#include "ad/factors.hpp"
#include "unroll/ad/primitive.hpp"

namespace unroll::ad {

namespace {

// 1 below the diagonal, `diagonal` on it.
Matrix lower_mask(Index n, double diagonal) {
  Matrix mask = Matrix::Zero(n, n);
  mask.triangularView<Eigen::StrictlyLower>().setOnes();
  mask.diagonal().setConstant(diagonal);
  return mask;
}
// The symmetric matrix that a lower triangle stands for, and the derivative in that triangle of a function
// whose derivative in every entry of the symmetric matrix is `full`.
template <class M>
M symmetric(const M& a) {
  const Index n = a.rows();
  std::vector<Index> below;
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) below.push_back(std::max(i, j) + n * std::min(i, j));
  return reshape(gather(a, std::move(below)), n, n);
}
template <class M>
M in_lower_triangle(const M& full) {
  return cwise_product(lower_mask(full.rows(), 0.5), M(full + transpose(full)));
}

struct Factor {
  static Matrix value(const Matrix& a) {
    const Eigen::LLT<Matrix> llt(a);
    if (llt.info() != Eigen::Success)
      throw NumericalError(
          fmt::format("cholesky_factor: A is {}x{} and not positive definite", a.rows(), a.cols()));
    return llt.matrixL();
  }
  template <class M>
  static M pushforward(const M& a, const M& a_dot) {
    const M l = factor_of(a), half = solve_lower(l, symmetric(a_dot)),
            inner = solve_lower(l, M(transpose(half)));
    return l * M(cwise_product(lower_mask(a.rows(), 0.5), inner));
  }
  template <class M>
  static M pullback(const M& a, const M& l_bar) {
    const M l = factor_of(a), upper = transpose(l);
    const M inner = cwise_product(lower_mask(a.rows(), 0.5), M(upper * l_bar));
    const M left = solve_lu(upper, inner);                                           // L⁻ᵀ P
    return in_lower_triangle(M(transpose(M(solve_lu(upper, M(transpose(left)))))));  // L⁻ᵀ P L⁻¹
  }
};

struct LogDeterminant {
  static double value(const Matrix& a) {
    const Eigen::PartialPivLU<Matrix> lu(a);
    check_pivots("log_det: A", lu.matrixLU().diagonal());
    return lu.matrixLU().diagonal().array().abs().log().sum();
  }
  template <class M>
  static scalar_t<M> pushforward(const M& a, const M& a_dot) {
    return trace(M(solve_lu(a, a_dot)));
  }
  template <class M, class S>
  static M pullback(const M& a, const S& y_bar) {
    return y_bar * M(transpose(M(inverse(a))));
  }
};

struct Eigenvalues {
  static Vector value(const Matrix& a) {
    return Eigen::SelfAdjointEigenSolver<Matrix>(a, Eigen::EigenvaluesOnly).eigenvalues();
  }
  template <class M>
  static vector_t<M> pushforward(const M& a, const M& a_dot) {
    const M v = rows(eigen_system(a), 0, a.cols());
    return diagonal(M(M(transpose(v) * symmetric(a_dot)) * v));
  }
  template <class M, class V>
  static M pullback(const M& a, const V& y_bar) {
    const M v = rows(eigen_system(a), 0, a.cols());
    return in_lower_triangle(M(M(scale_columns(v, y_bar)) * M(transpose(v))));
  }
};

struct EigenSystem {
  static Matrix value(const Matrix& a) {
    const Index n = a.rows();
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(a);
    Matrix system(n + 1, n);
    system.topRows(n) = solver.eigenvectors();
    for (Index j = 0; j < n; ++j) {
      Index most = 0;
      system.col(j).head(n).cwiseAbs().maxCoeff(&most);
      if (system(most, j) < 0) system.col(j) *= -1;
    }
    system.row(n) = solver.eigenvalues().transpose();
    return system;
  }
  // Off the diagonal 1/(λ_j − λ_i), 0 where nothing asks for it. @throws NumericalError where λ_i and λ_j
  // meet and something does: weights_ij ≠ 0, their derivatives included (see sizes).
  static Matrix gaps_checked(const Vector& values, const Matrix& weights) {
    const double tiny = 1e-14 * values.cwiseAbs().maxCoeff(), heavy = 1e-12 * weights.cwiseAbs().maxCoeff();
    Matrix used = Matrix::Zero(weights.rows(), weights.cols());
    for (Index j = 0; j < used.cols(); ++j)
      for (Index i = 0; i < used.rows(); ++i) {
        if (i == j) continue;
        const double gap = std::abs(values[j] - values[i]);
        if (gap > tiny)
          used(i, j) = 1;
        else if (std::abs(weights(i, j)) > heavy)
          throw NumericalError(fmt::format(
              "symmetric_eigen: eigenvalues {} and {} are {} and {}, a gap of {}: their eigenvectors, which "
              "second derivatives of the eigenvalues need too, have no derivative (the eigenvalues' first "
              "have)",
              std::min(i, j), std::max(i, j), values[std::min(i, j)], values[std::max(i, j)], gap));
      }
    return used;
  }
  // Of each entry the largest magnitude among its value and its derivatives.
  template <class M>
  static Matrix sizes(const M& x) {
    return block_of(x).cwiseAbs().rowwise().maxCoeff().reshaped(x.rows(), x.cols());
  }
  // Off the diagonal x_ij/(λ_j − λ_i), where something asks for it; `values` are the λ.
  template <class M, class V>
  static M over_gaps(const M& x, const V& values) {
    const Index n = x.rows();
    const Matrix used = gaps_checked(value_of(values), sizes(x)), unused = 1.0 - used.array();
    const M gaps = repeat_rows(values, n) - repeat_columns(values, n);
    // (Where it is not used, 1 stands for a gap that may be 0.)
    return cwise_product(used, M(cwise_quotient(x, M(M(cwise_product(used, gaps)) + unused))));
  }
  template <class M>
  static M pushforward(const M& a, const M& a_dot) {
    const Index n = a.rows();
    const M system = eigen_system(a), v = rows(system, 0, n);
    const auto values = row(system, n);
    const M inner = M(transpose(v) * symmetric(a_dot)) * v;
    const M turned = v * over_gaps(inner, values);
    const Matrix above = Matrix::Identity(n + 1, n), below = Vector::Unit(n + 1, n);
    return M(above * turned) + M(below * M(reshape(diagonal(inner), 1, n)));
  }
  template <class M>
  static M pullback(const M& a, const M& y_bar) {
    const Index n = a.rows();
    const M system = eigen_system(a), v = rows(system, 0, n), v_transposed = transpose(v);
    const auto values = row(system, n), values_bar = row(y_bar, n);
    const M weights = v_transposed * M(rows(y_bar, 0, n));
    const M inner = over_gaps(weights, values);
    return in_lower_triangle(M(M(v * M(diagonal_matrix(values_bar) + inner)) * v_transposed));
  }
};

}  // namespace

template <class M>
M factor_of(const M& a) {
  check_system("cholesky_factor: A", shape_of(a), a.rows());
  return apply<Factor>(a);
}
template <class M>
scalar_t<M> log_determinant(const M& a) {
  check_system("log_det: A", shape_of(a), a.rows());
  return apply<LogDeterminant>(a);
}
template <class M>
vector_t<M> symmetric_eigenvalues(const M& a) {
  check_system("eigenvalues: A", shape_of(a), a.rows());
  if (a.size() == 0) return vector_t<M>(flatten(a));  // (Eigen looks for the largest entry)
  return apply<Eigenvalues>(a);
}
template <class M>
M eigen_system(const M& a) {
  check_system("symmetric_eigen: A", shape_of(a), a.rows());
  if (a.size() == 0) return M(reshape(a, 1, 0));
  return apply<EigenSystem>(a);
}

std::vector<Index> below_diagonal(Index rows, Index cols) {
  const Index n = rows + cols;
  std::vector<Index> indices;
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) indices.push_back(cols + i + j * n);
  return indices;
}
std::vector<Index> descending(Index last, Index count) {
  std::vector<Index> indices;
  for (Index k = 0; k < count; ++k) indices.push_back(last - k);
  return indices;
}

#define UNROLL_WORLD(M)                                    \
  template M factor_of<M>(const M&);                       \
  template scalar_t<M> log_determinant<M>(const M&);       \
  template vector_t<M> symmetric_eigenvalues<M>(const M&); \
  template M eigen_system<M>(const M&);
UNROLL_WORLD(Matrix)
UNROLL_WORLD(DualMatrix)
UNROLL_WORLD(VarMatrix)
#undef UNROLL_WORLD

}  // namespace unroll::ad
