#pragma once

#include <vector>

#include "unroll/ad/tape.hpp"
#include "unroll/solver/solve_program.hpp"

namespace unroll {

namespace detail {
/// −K⁻¹R for the KKT matrix of the active rows. @throws as kkt_jacobian.
Matrix solve_kkt(const ProgramAt<Vector>& program, const ProgramSolution& solution, const Matrix& right);
}  // namespace detail

/// ∂x*, n×p, by the conditions of the active set S, differentiated:
///   [H A_Sᵀ; A_S 0] (ẋ, ẏ_S) = −(∂_θ(H x + g + A_Sᵀ y_S), ∂_θ(A_S x − b_S)).
/// @throws NumericalError unless it is solved, naming the constraints that are weakly active, or whose
/// gradients depend on each other: there the solution has no derivative, or is not the only one.
template <class F>
Matrix kkt_jacobian(const QuadraticProgram<F>& qp, const ProgramSolution& solution, const Vector& theta) {
  Tape tape;
  const VarVector t = tape.input(theta);
  const ProgramAt<VarVector> at = qp.program()(t);
  const VarVector slack = VarVector(at.A * solution.x);
  VarVector conditions = VarVector(detail::symmetric(at.H) * solution.x) + at.g +
                         VarVector(VarMatrix(transpose(at.A)) * solution.y);
  for (const Index i : solution.active) {
    const bool is_upper = solution.y[i] > 0;
    const Var gap = slack[i] - (is_upper ? at.upper[i] : at.lower[i]);
    conditions = VarVector(concatenate(conditions, VarVector(assemble(std::vector<Var>{gap}))));
  }
  const Index rows = conditions.size();
  const Matrix right =
      conditions.is_constant()
          ? Matrix(Matrix::Zero(rows, theta.size()))
          : Matrix(tape.sweep(conditions, Matrix::Identity(rows, rows)).adjoint(t).transpose());
  return detail::solve_kkt(qp.at(theta), solution, right);
}

}  // namespace unroll
