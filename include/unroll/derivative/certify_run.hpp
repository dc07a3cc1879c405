#pragma once

#include "unroll/derivative/certificate.hpp"
#include "unroll/derivative/implicit.hpp"

namespace unroll {

namespace detail {
template <class S>
Certificate certify_step(const Problem& problem, const S& solver, const Vector& x, const Vector& theta,
                         const Matrix& pushed,    // n×k
                         const Matrix& tangents,  // p×k
                         Cost* cost) {
  const Oracle<DualVector> f(problem, cost);
  const DualVector next = fixed_point_map(f, solver, DualVector(x, pushed), DualVector(theta, tangents));
  Certificate c;
  c.norm = pushed.norm();
  c.gradient_norm = (x - next.value()).norm();
  c.residual = (next.directions() == 0 ? pushed : Matrix(pushed - next.tangents())).norm();
  return c;
}
}  // namespace detail

/// What `certify` says of the end x of a solver's run, by the equation that x is meant to solve. Of a fixed
/// point (see solves_gradient_equation) the two residuals are measured, for p tangents through one step; a
/// bound would need the norm in which Φ contracts, so that the verdict is unknown.
template <class S>
Certificate certify_run(const Problem& problem, const S& solver, const Vector& x, const Vector& theta,
                        const Matrix& jacobian,  // n×p
                        Cost* cost = nullptr, const CertifyOptions& options = {}) {
  const Index p = problem.parameters();
  if (solves_gradient_equation(problem, solver)) return certify(problem, x, theta, jacobian, cost, options);
  return detail::certify_step(problem, solver, x, theta, jacobian, Matrix::Identity(p, p), cost);
}

/// The same of a product: certify_tangent.
template <class S>
Certificate certify_run_tangent(const Problem& problem, const S& solver, const Vector& x, const Vector& theta,
                                const Vector& pushed,   // n
                                const Vector& tangent,  // p
                                Cost* cost = nullptr, const CertifyOptions& options = {}) {
  if (solves_gradient_equation(problem, solver))
    return certify_tangent(problem, x, theta, pushed, tangent, cost, options);
  return detail::certify_step(problem, solver, x, theta, pushed, tangent, cost);
}

/// The same where there is no Jacobian: certify_point.
template <class S>
Certificate certify_run_point(const Problem& problem, const S& solver, const Vector& x, const Vector& theta,
                              Cost* cost = nullptr) {
  if (solves_gradient_equation(problem, solver)) return certify_point(problem, x, theta, cost);
  Certificate c;
  c.gradient_norm = (x - fixed_point_map(Oracle<Vector>(problem, cost), solver, x, theta)).norm();
  return c;
}

}  // namespace unroll
