#pragma once

#include <string_view>

#include "unroll/ad/factorisation.hpp"
#include "unroll/problem/linear_map.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// How the linear systems of Newton's method and of implicit differentiation are solved.
enum class LinearSolver {
  automatic,  // sparse where the pattern is known; else dense for n ≤ 256; beyond, conjugate gradients if
              // symmetric, else GMRES
  dense,      // n products form the matrix; Cholesky if symmetric, else LU with partial pivoting
  sparse,     // by the pattern: see sparse_matrix; sparse Cholesky if symmetric, else LU
  conjugate_gradient,  // symmetric only; all right-hand sides share each pass over the data
  bicgstab,            // any; two products an iteration, memory of a few vectors (van der Vorst 1992)
  gmres,               // any; restarted after 100 iterations (Saad & Schultz 1986)
};

/// What the iterative linear solvers are preconditioned with.
enum class Preconditioner {
  none,
  diagonal,  // the inverse of the matrix's diagonal; costs n products, a pass over the data for every 64
};

/// How a linear system is solved.
struct LinearOptions {
  LinearSolver solver = LinearSolver::automatic;         // dense or iterative
  double tolerance = 1e-10;                              // of iterative solvers, relative to ‖b‖
  Index max_iterations = 0;                              // of iterative solvers; 0: 10 n + 100
  Preconditioner preconditioner = Preconditioner::none;  // of iterative solvers

  /// @throws DomainError unless 0 < tolerance < 1 and max_iterations ≥ 0.
  void check() const;
};

/// A⁻¹ by Cholesky's factors if A is symmetric, else by LU's; of a sparse one for n ≤ 64 by dense ones, which
/// are faster there. `name` is what messages call A. @throws NumericalError if it is not positive definite
/// (the pivot is named), or singular to working precision: if, its rows and columns scaled to 1, the inverse
/// makes a vector about 1e14/√n times as long. The message names the unknown that is not determined and, of a
/// dense one that is not symmetric, the smallest singular value.
/// @{
Factorisation factorised(const Matrix& a, bool symmetric, std::string_view name);
Factorisation factorised(const Eigen::SparseMatrix<double>& a, bool symmetric, std::string_view name);
/// @}

/// (A + μI)⁻¹, A formed by its products: by its pattern if `solver` is sparse, else dense.
/// @throws DomainError for a pattern that is not there, or lacks an entry; NumericalError as above, and if an
/// entry is not finite.
Factorisation factorised(const LinearMap& a, LinearSolver solver, double mu = 0);

/// A⁻¹ B, n×k, for B n×k, by options.solver; the solution of an iterative one is checked against B by one
/// more product.
/// @throws DomainError as LinearOptions::check, and for conjugate gradients of a map that is not symmetric;
/// as `factorised`; NumericalError if conjugate gradients find curvature that is not positive, which they
/// name, or if the tolerance is not met (iterations and residual are named).
Matrix solve_linear(const LinearMap& a, const Matrix& b, const LinearOptions& options);

}  // namespace unroll
