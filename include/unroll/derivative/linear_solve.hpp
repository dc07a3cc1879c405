#pragma once

#include <functional>
#include <string>

#include "unroll/derivative/implicit_method.hpp"

namespace unroll {

/// A linear map A of R^n, known by its products alone.
struct LinearMap {
  Index size = 0;                                // n
  bool symmetric = false;                        // and then meant to be positive definite
  std::string name = "A";                        // in messages
  std::function<Matrix(const Matrix&)> apply{};  // n×k → n×k: A V
};

/// A⁻¹ B, n×k, for B n×k, by method.linear_solver; the solution of an iterative solver is checked against
/// B by one more product.
/// @throws DomainError as check_method, and for conjugate gradients of a map that is not symmetric,
/// NumericalError if A is singular or, where it is symmetric, not positive definite (the message names the
/// smallest pivot, or the curvature that was found), or if the tolerance is not met (iterations and residual
/// are named).
Matrix solve_linear(const LinearMap& a, const Matrix& b, const Implicit& method);

}  // namespace unroll
