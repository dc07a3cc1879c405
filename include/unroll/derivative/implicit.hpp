#pragma once

#include <functional>
#include <string>

#include "unroll/derivative/method.hpp"
#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/linear_solve.hpp"

namespace unroll {

/// No unrolling: the derivative of the solution, from the equation that it solves, at x_T. Wrong by as much
/// as x_T is from x*; the certificate says how much. A linear solve that does not meet the tolerance is a
/// NumericalError; so is a fixed point's equation whose solution one step more changes by a twentieth, and
/// by ten times the run's tolerance, at an x_T that met it: where the solution is one of many (a free scale
/// or shift of the state) the equation is singular at x*, but not at x_T.
///
/// The equation is that which the solver declares (equation.hpp), unless one is named here:
///  - gradient, ∇_x f(x, θ) = 0: H J = −M;
///  - fixed_point, s = Φ(s, θ): (I − ∂_sΦ) ∂s = ∂_θΦ, of the whole state s (momentum, multipliers or
///    slacks), of which x's part is the result. Φ is the step that would follow the run, or the solver's
///    frozen step; where that is refused or gives its state back as it is, the last that was taken. Arrays
///    that it passes on unchanged are constants of the run, see Reverse. It is the equation where nothing is
///    declared.
struct Implicit {
  LinearSolver linear_solver = LinearSolver::automatic;  // of the equation's linear system
  double tolerance = 1e-10;  // of iterative solvers: ‖b − A y‖ ≤ tolerance ‖b‖ for every right-hand side b
  Index max_iterations = 0;                              // of iterative solvers; 0: 10 n + 100
  Preconditioner preconditioner = Preconditioner::none;  // of iterative solvers
  Equation equation = Equation::automatic;               // what is differentiated
  Certify certify = Certify::automatic;                  // whether a derivative gets a certificate

  /// How the linear system is solved.
  LinearOptions linear() const { return {linear_solver, tolerance, max_iterations, preconditioner}; }
  /// The run as a linear map. @throws DomainError unless 0 < tolerance < 1 and max_iterations ≥ 0; of
  /// products UnsupportedError if the gradient's equation is asked for where there is no objective,
  /// NumericalError as solve_linear.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const;
};

/// A S = B, the equation that a solution satisfies, differentiated in θ, for the unknown S, N×p, whose rows
/// `x` … x + n − 1 are ∂x. Both matrices are known by their products alone, of 64 columns at a time.
struct ImplicitEquation {
  LinearMap matrix;                                           // A, N×N
  LinearMap transposed;                                       // Aᵀ
  std::function<std::string()> advice{};                      // what an error of the solve ends with
  Index parameters = 0;                                       // p
  Index x = 0;                                                // the first row of ∂x
  Index dimension = 0;                                        // n
  std::function<Matrix(const Matrix&)> forcing{};             // p×k → N×k: B Θ̇
  std::function<Matrix(const Matrix&)> forcing_transposed{};  // N×k → p×k: Bᵀ W

  /// S Θ̇, N×k; and ∂x Θ̇, n×k, of it. @throws as solve_linear.
  /// @{
  Matrix solve(const Matrix& theta_dot, const LinearOptions& options) const;
  Matrix push(const Matrix& theta_dot, const LinearOptions& options) const {
    return solve(theta_dot, options).middleRows(x, dimension);
  }
  /// @}
  /// A⁻ᵀ (0, W, 0), N×k, for W n×k: Bᵀ of it is the pullback. @throws likewise.
  Matrix adjoint(const Matrix& w, const LinearOptions& options) const;
  /// Bᵀ Λ, p×k, for Λ N×k.
  Matrix pull(const Matrix& lambda) const;
  /// ∂x, n×p, from p right-hand sides, or from the n of the transposed system if p > n. @throws likewise.
  Matrix jacobian(const LinearOptions& options) const;
};

/// H J = −M at (x, θ); every product is one pass of problem.second_order for 64 directions, counted in `cost`
/// where there is one. Refers to `problem` and `cost`. @throws ShapeError, UnsupportedError without
/// objective.
ImplicitEquation gradient_equation(const Problem& problem, const Vector& x, const Vector& theta,
                                   Cost* cost = nullptr);

/// A problem that is gone after this line cannot be referred to: give it a name.
template <std::derived_from<Problem> P>
ImplicitEquation gradient_equation(const P&& temporary, const Vector& x, const Vector& theta,
                                   Cost* cost = nullptr) {
  ad::refuse_temporary<P>();
  return gradient_equation(static_cast<const Problem&>(temporary), x, theta, cost);
}

/// −H⁻¹M at (x, θ), n×p: ∂x* where ∇_x f(x, θ) = 0, which is the caller's to see to.
/// @throws ShapeError, and as solve_linear.
Matrix implicit_jacobian(const Problem& problem, const Vector& x, const Vector& theta,
                         const Implicit& method = {}, Cost* cost = nullptr);

/// −Mᵀ H⁻¹ w at (x, θ), p, for a cotangent w ∈ R^n. @throws likewise.
Vector implicit_vjp(const Problem& problem, const Vector& x, const Vector& theta, const Vector& cotangent,
                    const Implicit& method = {}, Cost* cost = nullptr);

}  // namespace unroll
