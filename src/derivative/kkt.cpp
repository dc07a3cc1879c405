#include "unroll/derivative/kkt.hpp"

#include <fmt/format.h>

#include <Eigen/LU>

#include "unroll/error.hpp"

namespace unroll::detail {

Matrix solve_kkt(const ProgramAt<Vector>& q, const ProgramSolution& s, const Matrix& right) {
  if (s.status != ProgramStatus::solved)
    throw NumericalError(fmt::format("kkt_jacobian: there is no solution: {}", describe(s.status)));
  if (!s.weakly_active.empty())
    throw NumericalError(fmt::format(
        "kkt_jacobian: constraint {} is at its bound with a multiplier of {:.3g}: the solution has a kink "
        "in theta there, and no derivative",
        s.weakly_active.front(), s.y[s.weakly_active.front()]));
  const Index n = q.H.rows();
  const auto k = static_cast<Index>(s.active.size());
  Matrix K = Matrix::Zero(n + k, n + k);
  K.topLeftCorner(n, n) = q.H;
  K.bottomLeftCorner(k, n) = q.A(s.active, Eigen::all);
  K.topRightCorner(n, k) = K.bottomLeftCorner(k, n).transpose();
  const Eigen::FullPivLU<Matrix> lu(K);
  if (!lu.isInvertible())
    throw NumericalError(
        fmt::format("kkt_jacobian: the matrix of the {} active constraints is singular, of rank {} of "
                    "{}: their gradients depend on each other, or the solution is not the only one",
                    k, lu.rank(), n + k));
  return -lu.solve(right).topRows(n);
}

}  // namespace unroll::detail
