#pragma once

#include "unroll/types.hpp"

namespace unroll {

/// How the linear systems of implicit differentiation are solved.
enum class LinearSolver {
  automatic,           // dense for n ≤ 256; beyond, conjugate gradients if symmetric, else GMRES
  dense,               // n products form the matrix; Cholesky if symmetric, else LU with partial pivoting
  conjugate_gradient,  // symmetric only; all right-hand sides share each pass over the data
  bicgstab,            // any; two products an iteration, memory of a few vectors (van der Vorst 1992)
  gmres,               // any; restarted after 100 iterations (Saad & Schultz 1986)
};

/// What the iterative linear solvers are preconditioned with.
enum class Preconditioner {
  none,
  diagonal,  // the inverse of the matrix's diagonal; costs n products, a pass over the data for every 64
};

/// Which equation of x* is differentiated.
enum class Equation {
  automatic,  // the gradient's if the problem has an objective and the solver no member `term`, else
              // fixed_point
  gradient,   // ∇_x f(x, θ) = 0:   H J = −M
  fixed_point,  // x = Φ(x, θ), Φ one step of the solver from a fresh state at x:   (I − ∂_xΦ) J = ∂_θΦ
};

/// No unrolling: the derivative of the solution, from the equation that it solves, at x_T. Wrong by as much
/// as x_T is from x*; the certificate says how much. A linear solve that does not meet the tolerance is a
/// NumericalError.
struct Implicit {
  LinearSolver linear_solver = LinearSolver::automatic;  // of the equation's linear system
  double tolerance = 1e-10;  // of iterative solvers: ‖b − A y‖ ≤ tolerance ‖b‖ for every right-hand side b
  Index max_iterations = 0;                              // of iterative solvers; 0: 10 n + 100
  Preconditioner preconditioner = Preconditioner::none;  // of iterative solvers
  Equation equation = Equation::automatic;               // what is differentiated
};

/// @throws DomainError unless 0 < tolerance < 1 and max_iterations ≥ 0.
void check_method(const Implicit& method);

}  // namespace unroll
