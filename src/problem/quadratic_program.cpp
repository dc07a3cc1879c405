#include "unroll/problem/quadratic_program.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_program(const ProgramAt<Vector>& q, Index n, Index m) {
  if (q.H.rows() != n || q.H.cols() != n || q.g.size() != n || q.A.rows() != m || q.A.cols() != n ||
      q.lower.size() != m || q.upper.size() != m)
    throw ShapeError(fmt::format(
        "quadratic program: with n = {} and m = {}, H is {}x{}, g has {} entries, A is {}x{}, lower has {} "
        "entries and upper {}",
        n, m, q.H.rows(), q.H.cols(), q.g.size(), q.A.rows(), q.A.cols(), q.lower.size(), q.upper.size()));
  if (!q.H.allFinite() || !q.g.allFinite() || !q.A.allFinite())
    throw DomainError("quadratic program: H, g or A has an entry that is not finite");
  constexpr double rounding = 1e-9;
  const double size = q.H.norm();
  if ((q.H - q.H.transpose()).norm() > rounding * size)
    throw DomainError("quadratic program: H is not symmetric");
  constexpr Index affordable = 300;
  if (n <= affordable && size > 0) {
    const double least = Eigen::SelfAdjointEigenSolver<Matrix>(q.H, Eigen::EigenvaluesOnly).eigenvalues()[0];
    if (least < -rounding * size)
      throw DomainError(
          fmt::format("quadratic program: H is not positive semidefinite, an eigenvalue is {:.6g}", least));
  }
  for (Index i = 0; i < m; ++i)
    if (!(q.lower[i] <= q.upper[i]))
      throw DomainError(fmt::format("quadratic program: the bounds of constraint {} are {} and {}", i,
                                    q.lower[i], q.upper[i]));
}

}  // namespace unroll::detail
