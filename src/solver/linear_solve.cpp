#include "unroll/solver/linear_solve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "krylov.hpp"
#include "unroll/ad/decompositions.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

constexpr Index dense_limit = 256;

/// The largest entry of each row, and of each column once the rows are divided by theirs.
struct Sizes {
  Vector rows, columns;
};
Sizes sizes_of(const Matrix& a) {
  const Vector rows = a.cwiseAbs().rowwise().maxCoeff();
  return {rows, (rows.cwiseInverse().asDiagonal() * a.cwiseAbs()).colwise().maxCoeff()};
}
Sizes sizes_of(const Eigen::SparseMatrix<double>& a) {
  Sizes sizes{Vector::Zero(a.rows()), Vector::Zero(a.cols())};
  for (Index j = 0; j < a.cols(); ++j)
    for (Eigen::SparseMatrix<double>::InnerIterator entry(a, j); entry; ++entry)
      sizes.rows[entry.row()] = std::max(sizes.rows[entry.row()], std::abs(entry.value()));
  for (Index j = 0; j < a.cols(); ++j)
    for (Eigen::SparseMatrix<double>::InnerIterator entry(a, j); entry; ++entry)
      sizes.columns[j] = std::max(sizes.columns[j], std::abs(entry.value()) / sizes.rows[entry.row()]);
  return sizes;
}

/// Whether every |a_jj| is larger than all else in its column together: then A diag(1/a_jj) has an inverse of
/// 1-norm at most 1/margin (Varah, A lower bound for the smallest singular value of a matrix, 1975).
template <class M>
bool is_dominant(const M& a) {
  constexpr double margin = 1e-6;
  for (Index j = 0; j < a.cols(); ++j) {
    double diagonal = 0, sum = 0;
    for (Eigen::InnerIterator<M> entry(a, j); entry; ++entry) {
      if (entry.row() == j) diagonal = std::abs(entry.value());
      sum += std::abs(entry.value());
    }
    if (!(sum - diagonal <= (1 - margin) * diagonal)) return false;
  }
  return true;
}

/// The factors of A, unless A is dominant once they have solved a system whose right-hand sides have no
/// structure, which a matrix that is singular but for rounding answers by a huge part of what it maps to
/// zero. (Several: one may happen to have little of it.)
template <class M>
Factorisation regular(const M& a, bool symmetric, std::string_view name) {
  const Factorisation factors = symmetric ? Factorisation::cholesky(a, name) : Factorisation::lu(a, name);
  if (is_dominant(a)) return factors;
  const auto [rows, columns] = sizes_of(a);
  constexpr Index probes = 3;
  const Matrix sides = rows.asDiagonal() * Matrix(ad::uneven(a.rows() * probes).reshaped(a.rows(), probes));
  const Matrix answers = columns.asDiagonal() * factors.solve(sides);
  Index unknown = 0, side = 0;
  const double size = a.rows() == 0 ? 0 : answers.cwiseAbs().maxCoeff(&unknown, &side);
  const double rounding =
      16 * std::numeric_limits<double>::epsilon() * std::sqrt(static_cast<double>(a.rows()));
  if (!(size * rounding < 1))
    throw NumericalError(
        fmt::format("{} is {}x{} and singular to working precision: unknown {} is not determined", name,
                    a.rows(), a.rows(), unknown));
  return factors;
}

/// The same; what is said of a singular A has its smallest singular value.
template <class M>
Factorisation explained(const M& a, bool symmetric, std::string_view name) {
  try {
    return regular(a, symmetric, name);
  } catch (const NumericalError& e) {
    if (symmetric) throw;
    const Vector values = singular_values(Matrix(a)).cwiseAbs();
    throw NumericalError(fmt::format("{}; its smallest singular value is {:.3g}, the largest {:.3g}",
                                     e.what(), values.minCoeff(), values.maxCoeff()));
  }
}

/// @throws NumericalError if an entry of what was formed, A or its product with what is finite, is not
/// finite.
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

/// @throws DomainError unless the map is what the solver needs.
void check_suits(const LinearMap& a, LinearSolver solver) {
  if (solver == LinearSolver::sparse && !a.pattern)
    throw DomainError(
        fmt::format("linear solve: {} has no pattern: take another solver. The derivative of a problem's "
                    "gradient has one where its function has a member pattern(), see SparsePattern; that of "
                    "a solver's step never",
                    a.name));
  if (solver == LinearSolver::conjugate_gradient && !a.symmetric)
    throw DomainError(fmt::format(
        "linear solve: conjugate gradients need a symmetric positive definite matrix, which {} need "
        "not be: take gmres "
        "or bicgstab",
        a.name));
}

/// @throws NumericalError unless every column of b − A x is small: what a solver says of itself is no proof.
void check_solution(const LinearMap& a, const Matrix& b, const Matrix& x, double tolerance) {
  const Matrix residual = b - a.apply(x);
  constexpr double slack = 10;  // recursive residuals drift from true ones
  for (Index j = 0; j < b.cols(); ++j)
    if (!(residual.col(j).norm() <= slack * tolerance * b.col(j).norm()))
      throw NumericalError(fmt::format(
          "linear solve: the solution of {} has the relative residual {:.3g} in column {}, more than "
          "the tolerance {:.3g}: the solver stagnated, the matrix may be singular or ill-conditioned",
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

Factorisation factorised(const Matrix& a, bool symmetric, std::string_view name) {
  return explained(a, symmetric, name);
}

Factorisation factorised(const Eigen::SparseMatrix<double>& a, bool symmetric, std::string_view name) {
  constexpr Index small = 64;
  return a.rows() > small ? regular(a, symmetric, name) : explained(a, symmetric, name);
}

Factorisation factorised(const LinearMap& a, LinearSolver solver, double mu) {
  check_suits(a, solver);
  const std::string name = "linear solve: " + a.name + (mu == 0 ? "" : " + mu I");
  if (solver == LinearSolver::sparse) {
    ad::Sparse matrix = sparse_matrix(a);
    check_finite(a, matrix.coeffs());
    if (mu != 0) {
      ad::Sparse identity(a.size, a.size);
      identity.setIdentity();
      matrix += mu * identity;
    }
    return factorised(matrix, a.symmetric, name);
  }
  Matrix matrix = dense_matrix(a);
  check_finite(a, matrix);
  matrix.diagonal().array() += mu;
  return factorised(matrix, a.symmetric, name);
}

Matrix solve_linear(const LinearMap& a, const Matrix& b, const LinearOptions& options) {
  options.check();
  if (b.size() == 0) return b;
  if (!b.allFinite())
    throw NumericalError(fmt::format("linear solve: a right-hand side of {} is not finite", a.name));
  check_suits(a, options.solver);
  if (a.active) return by_active(a, b, options);
  const LinearSolver solver = chosen(a, options.solver);
  if (solver == LinearSolver::dense || solver == LinearSolver::sparse) return factorised(a, solver).solve(b);
  // Columns of length 1: squares of tiny or huge ones would vanish or overflow.
  Vector sizes(b.cols());
  for (Index j = 0; j < b.cols(); ++j) sizes[j] = b.col(j).stableNorm();
  const Vector scale = sizes.unaryExpr([](double size) { return size == 0 ? 1.0 : size; });
  const Matrix unit = b.array().rowwise() / scale.transpose().array();
  // And A in units of what it makes of the first vector that it meets.
  LinearMap scaled = a;
  double unit_of_a = 0;  // not known yet
  scaled.apply = [&a, &unit_of_a](const Matrix& v) -> Matrix {
    const Matrix image = a.apply(v);
    if (v.allFinite()) check_finite(a, image);
    const double ratio = image.reshaped().stableNorm() / v.reshaped().stableNorm();
    if (unit_of_a == 0 && ratio > 0 && std::isfinite(ratio)) unit_of_a = ratio;
    return unit_of_a == 0 ? image : Matrix(image / unit_of_a);
  };
  const detail::Iteration iteration{
      .tolerance = options.tolerance,
      .max_iterations = options.max_iterations > 0 ? options.max_iterations : 10 * a.size + 100,
      .inverse_diagonal = options.preconditioner == Preconditioner::diagonal ? inverse_diagonal(scaled)
                                                                             : Vector(Vector::Ones(a.size))};
  const auto iterate = solver == LinearSolver::conjugate_gradient ? detail::conjugate_gradient
                       : solver == LinearSolver::bicgstab         ? detail::bicgstab
                                                                  : detail::gmres;
  const Matrix x = iterate(scaled, unit, iteration);
  check_solution(scaled, unit, x, options.tolerance);
  return (x * scale.asDiagonal()) / (unit_of_a == 0 ? 1 : unit_of_a);
}

}  // namespace unroll
