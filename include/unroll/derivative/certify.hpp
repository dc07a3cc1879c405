#pragma once

#include <optional>

#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// How a certificate is made.
struct CertifyOptions {
  std::optional<double> smallest_eigenvalue{};  // ℓ; without it the problem's own, or else an estimate
  double accuracy = 0.01;                       // of Verdict::good, relative to ‖J‖_F; > 0
};

/// Certifies J (n×p) at x. Costs one gradient and p Hessian-vector products; where the problem knows no
/// constants, min(n, 20) more for ℓ (Lanczos from ∇f(x): an overestimate that is good near x*) and p for the
/// drift (the change of R on the way to where Newton's step points). Without an objective, Verdict::unknown.
/// @throws ShapeError, DomainError unless accuracy and ℓ are positive and finite.
Certificate certify(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& jacobian,
                    Cost* cost = nullptr, const CertifyOptions& options = {});

/// The same for J θ̇, n, with one product in place of p: bounds ‖J θ̇ − ∂x* θ̇‖.
Certificate certify_tangent(const Problem& problem, const Vector& x, const Vector& theta,
                            const Vector& pushed,   // n, J θ̇
                            const Vector& tangent,  // p, θ̇
                            Cost* cost = nullptr, const CertifyOptions& options = {});

/// Certifies a Jacobian that has been computed, with nothing spared. @throws likewise.
Certificate certify(const Problem& problem, const Derivative& d, const CertifyOptions& options = {});

/// Certifies u, an estimate of ∂x*ᵀw by any `vjp`, for one linear solve, which gives λ, one gradient, a
/// product and the norm of M (p products): the bounds of Certificate. Where the problem knows no constants,
/// min(n, 20) products more for ℓ, and one for the drift, as in `certify`. Accuracy is relative to ‖u‖.
/// @throws ShapeError, DomainError as certify, NumericalError as solve_linear.
Certificate certify_pullback(const Problem& problem, const Vector& x, const Vector& theta,
                             const Vector& cotangent,  // n, w
                             const Vector& pulled,     // p, u
                             const Implicit& method = {}, Cost* cost = nullptr,
                             const CertifyOptions& options = {});

}  // namespace unroll
