#include "unroll/solver/linear_solve.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <limits>
#include <vector>

#include "krylov.hpp"
#include "unroll/ad/solve.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

constexpr Index dense_limit = 256;

/// @throws NumericalError if one of the pivots vanishes beside the largest.
void check_pivots(const LinearMap& a, const Vector& pivots) {
  Index smallest = 0;
  const double least = pivots.cwiseAbs().minCoeff(&smallest), most = pivots.cwiseAbs().maxCoeff();
  const double rounding = static_cast<double>(a.size) * std::numeric_limits<double>::epsilon() * most;
  if (least > rounding) return;
  throw NumericalError(fmt::format(
      "linear solve: {} is {}x{} and singular to working precision: its smallest pivot, number {}, "
      "is {:.3g}, the largest {:.3g}",
      a.name, a.size, a.size, smallest, pivots[smallest], most));
}

/// @throws NumericalError if an entry of what was formed is not finite.
template <class M>
void check_finite(const LinearMap& a, const M& entries) {
  if (!entries.allFinite())
    throw NumericalError(
        fmt::format("linear solve: {} has entries that are not finite: the point is outside the domain, the "
                    "run did not end near a solution, or the step has no derivative there (divisions 0/0, as "
                    "of a memory of differences that vanish: such a solver declares `static constexpr "
                    "Equation equation = Equation::gradient`)",
                    a.name));
}

Matrix dense(const LinearMap& a, const Matrix& b) {
  const Matrix matrix = dense_matrix(a);
  check_finite(a, matrix);
  if (!a.symmetric) {
    const Eigen::PartialPivLU<Matrix> lu(matrix);
    check_pivots(a, lu.matrixLU().diagonal());
    return lu.solve(b);
  }
  const Eigen::LLT<Matrix> llt(matrix);
  if (llt.info() != Eigen::Success) solve_cholesky(matrix, b);  // throws, and names the pivot
  const Matrix factor = llt.matrixL();
  check_pivots(a, factor.diagonal().cwiseAbs2());
  return llt.solve(b);
}

Matrix sparse(const LinearMap& a, const Matrix& b) {
  const ad::Sparse matrix = sparse_matrix(a);
  check_finite(a, matrix.coeffs());
  return factorised(matrix, a.symmetric).solve(b);
}

/// 1/diag(A), n. @throws NumericalError if an entry is zero or, of a symmetric map, negative.
Vector inverse_diagonal(const LinearMap& a) {
  constexpr Index width = 64;
  Vector diagonal(a.size);
  for (Index first = 0; first < a.size; first += width) {
    const Index count = std::min(width, a.size - first);
    Matrix units = Matrix::Zero(a.size, count);
    units.middleRows(first, count).setIdentity();
    diagonal.segment(first, count) = a.apply(units).middleRows(first, count).diagonal();
  }
  for (Index i = 0; i < a.size; ++i)
    if (diagonal[i] == 0 || (a.symmetric && diagonal[i] < 0))
      throw NumericalError(fmt::format(
          "linear solve: entry {} of the diagonal of {} is {}: it cannot be a preconditioner{}", i, a.name,
          diagonal[i], a.symmetric ? ", and the matrix is not positive definite" : ""));
  return diagonal.cwiseInverse();
}

LinearSolver chosen(const LinearMap& a, LinearSolver asked) {
  if (asked != LinearSolver::automatic) return asked;
  if (a.pattern) return LinearSolver::sparse;
  if (a.size <= dense_limit) return LinearSolver::dense;
  return a.symmetric ? LinearSolver::conjugate_gradient : LinearSolver::gmres;
}

/// @throws NumericalError unless every column of b − A x is small: what a solver says of itself is no proof.
void check_solution(const LinearMap& a, const Matrix& b, const Matrix& x, double tolerance) {
  const Matrix residual = b - a.apply(x);
  constexpr double slack = 10;  // recursive residuals drift from true ones
  for (Index j = 0; j < b.cols(); ++j)
    if (!(residual.col(j).norm() <= slack * tolerance * b.col(j).norm()))
      throw NumericalError(fmt::format(
          "linear solve: the solution of {} has the relative residual {:.3g} in column {}, more than "
          "the tolerance {:.3g}: the solver stagnated",
          a.name, residual.col(j).norm() / b.col(j).norm(), j, tolerance));
}

/// By elimination of what is the identity's: with R the active rows or columns and O the others,
///   A_RR x_R = b_R − A_RO b_O,  x_O = b_O − A_OR x_R.
Matrix by_active(const LinearMap& a, const Matrix& b, const LinearOptions& options) {
  const std::vector<Index>& rows = *a.active;
  const auto spread = [&](const Matrix& part) {
    Matrix whole = Matrix::Zero(a.size, part.cols());
    whole(rows, Eigen::all) = part;
    return whole;
  };
  const LinearMap of_active{static_cast<Index>(rows.size()), false, a.name + " (its active part)",
                            [&](const Matrix& v) { return Matrix(a.apply(spread(v))(rows, Eigen::all)); }};
  const Matrix others = b - spread(b(rows, Eigen::all));
  const Matrix active = spread(solve_linear(of_active, (b - a.apply(others))(rows, Eigen::all), options));
  const Matrix reached = a.apply(active);
  return active + others - (reached - spread(reached(rows, Eigen::all)));
}

}  // namespace

void LinearOptions::check() const {
  if (!(tolerance > 0 && tolerance < 1))
    throw DomainError(fmt::format("linear solve: tolerance is {}, it must be between 0 and 1", tolerance));
  if (max_iterations < 0)
    throw DomainError(fmt::format("linear solve: max_iterations is {}", max_iterations));
}

Factorisation factorised(const Matrix& a, bool symmetric) {
  return symmetric ? Factorisation::cholesky(a) : Factorisation::lu(a);
}

Factorisation factorised(const Eigen::SparseMatrix<double>& a, bool symmetric) {
  constexpr Index small = 64;
  if (a.rows() > small) return symmetric ? Factorisation::cholesky(a) : Factorisation::lu(a);
  return factorised(Matrix(a), symmetric);
}

Matrix solve_linear(const LinearMap& a, const Matrix& b, const LinearOptions& options) {
  options.check();
  if (b.size() == 0) return b;
  if (!b.allFinite())
    throw NumericalError(fmt::format("linear solve: a right-hand side of {} is not finite", a.name));
  if (a.active) return by_active(a, b, options);
  const LinearSolver solver = chosen(a, options.solver);
  if (solver == LinearSolver::dense) return dense(a, b);
  if (solver == LinearSolver::sparse && !a.pattern)
    throw DomainError(fmt::format(
        "linear solve: {} has no pattern: give the problem's function a member pattern(), see SparsePattern",
        a.name));
  if (solver == LinearSolver::conjugate_gradient && !a.symmetric)
    throw DomainError(fmt::format(
        "linear solve: conjugate gradients need a symmetric positive definite matrix, which {} need "
        "not be: take gmres "
        "or bicgstab",
        a.name));
  const detail::Iteration iteration{
      .tolerance = options.tolerance,
      .max_iterations = options.max_iterations > 0 ? options.max_iterations : 10 * a.size + 100,
      .inverse_diagonal = options.preconditioner == Preconditioner::diagonal ? inverse_diagonal(a)
                                                                             : Vector(Vector::Ones(a.size))};
  // Columns of length 1: squares of tiny or huge ones would vanish or overflow.
  Vector sizes(b.cols());
  for (Index j = 0; j < b.cols(); ++j) sizes[j] = b.col(j).stableNorm();
  const Vector scale = sizes.unaryExpr([](double size) { return size == 0 ? 1.0 : size; });
  const Matrix unit = b.array().rowwise() / scale.transpose().array();
  Matrix x;
  if (solver == LinearSolver::sparse)
    x = sparse(a, unit);
  else if (solver == LinearSolver::conjugate_gradient)
    x = detail::conjugate_gradient(a, unit, iteration);
  else if (solver == LinearSolver::bicgstab)
    x = detail::bicgstab(a, unit, iteration);
  else
    x = detail::gmres(a, unit, iteration);
  check_solution(a, unit, x, options.tolerance);
  return x * scale.asDiagonal();
}

}  // namespace unroll
