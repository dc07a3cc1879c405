#pragma once

#include "unroll/problem/problem.hpp"

namespace unroll {

/// −H⁻¹M at (x, θ), n×p, by dense Cholesky of H. It is ∂x* where ∇_x f(x, θ) = 0, which is the caller's to
/// see to.
/// @throws ShapeError, NumericalError naming the pivot if H is not positive definite.
Matrix implicit_jacobian(const Problem& problem, const Vector& x, const Vector& theta);

/// −Mᵀ H⁻¹ w at (x, θ), p, for a cotangent w ∈ R^n. @throws likewise.
Vector implicit_vjp(const Problem& problem, const Vector& x, const Vector& theta, const Vector& cotangent);

}  // namespace unroll
