#pragma once

#include <memory>

#include "unroll/problem/problem.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// A problem at one θ with all that is known of its solution before a solver runs.
struct Instance {
  std::shared_ptr<const Problem> problem;  // f
  Vector theta;                            // p
  Vector start;                            // x_0, n
  Vector minimiser;                        // x*(θ), n
  Matrix jacobian;                         // ∂x*(θ), n×p
  Spectrum spectrum;                       // of the Hessian at x*
};

/// Solves the problem to rounding: a QuadraticProblem by its closed form, any other by Newton's method and
/// the implicit function theorem, ∂x* = −H⁻¹M.
/// @throws ShapeError or DomainError if x_0 or θ do not fit the problem, NumericalError if H is not positive
/// definite to working precision or Newton's method fails, DomainError if ∂x* = 0 (relative errors are
/// undefined).
Instance make_instance(std::shared_ptr<const Problem> problem, const Vector& theta,  // p
                       const Vector& start);                                         // n

/// argmin_x f(x, θ) of a strongly convex f to rounding, n: Newton's method from 0, its steps halved until the
/// gradient shrinks, until rounding lets it shrink no further. @throws NumericalError if the gradient has not
/// fallen by 10 digits.
Vector newton_minimiser(const Problem& problem, const Vector& theta);  // p

}  // namespace unroll
