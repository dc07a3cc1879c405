#pragma once

#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// How far an estimate J of ∂x* may be off, from what can be measured at x_T (MATH.md 3). With Ĵ =
/// −H(x_T)⁻¹M(x_T) and ℓ a lower bound of the eigenvalues of H(x_T): ‖J − Ĵ‖_F ≤ residual/ℓ. Ĵ itself is off
/// by what ‖∇f(x_T)‖ says x_T is from x*: on a quadratic ‖J − ∂x*‖_F ≤ [residual + (Σ_i‖∂_iH‖_2²)^{1/2}
/// gradient_norm/ℓ]/ℓ.
struct Certificate {
  double gradient_norm = 0;  // ‖∇_x f(x_T, θ)‖_2: 0 at a minimiser
  double residual = 0;       // ‖H(x_T) J + M(x_T)‖_F

  /// residual/ℓ, the bound on ‖J − Ĵ‖_F. @throws DomainError unless ℓ > 0.
  double bound(double smallest_eigenvalue) const;
};

/// Measures J (n×p) at x. Costs one gradient and p Hessian-vector products. @throws ShapeError
Certificate certify(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& jacobian,
                    Cost* cost = nullptr);

}  // namespace unroll
