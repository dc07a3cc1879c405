#pragma once

#include "unroll/solver/linear_solve.hpp"

namespace unroll::detail {

struct Iteration {
  double tolerance;
  Index max_iterations;
  Vector inverse_diagonal;  // n, the preconditioner
};

/// A⁻¹ B by conjugate gradients (Hestenes & Stiefel 1952), one run for each column of B, all in step: every
/// product takes the columns that have not converged at once. @throws NumericalError if a direction has no
/// positive curvature, or the tolerance is not met.
Matrix conjugate_gradient(const LinearMap& a, const Matrix& b, const Iteration& iteration);

/// A⁻¹ B column by column. @throws NumericalError if the tolerance is not met.
Matrix bicgstab(const LinearMap& a, const Matrix& b, const Iteration& iteration);
Matrix gmres(const LinearMap& a, const Matrix& b, const Iteration& iteration);

}  // namespace unroll::detail
