#pragma once

#include <utility>
#include <vector>

#include "unroll/derivative/jacobian.hpp"

/// The corrected Jacobian of a run (see CorrectedForm) on any problem: by the tape, and forwards.
namespace unroll {

/// f(x, θ) + φᵀx at one θ, with the parameters φ ∈ R^n; at φ = 0 it is the problem itself. φ moves all
/// gradients of a run alike, so the sweep back from a cotangent w of x_t ends in φ with the sum of the
/// cotangents that the gradients received: with −λ, and ∂x_t/∂φ is the matrix that takes w to it, transposed.
class ShiftedProblem final : public Problem {
 public:
  /// Keeps a reference to the problem. @throws ShapeError, DomainError if theta does not fit it.
  ShiftedProblem(const Problem& problem, Vector theta);  // p

  Index dimension() const override { return problem_.dimension(); }
  Index parameters() const override { return problem_.dimension(); }
  double value(const Vector& x, const Vector& phi) const override;
  Vector gradient(const Vector& x, const Vector& phi) const override;
  SecondOrder second_order(const Vector& x, const Vector& phi, const Matrix& x_dot,
                           const Matrix& phi_dot) const override;
  Vector parameter_gradient(const Vector& x, const Vector&) const override { return x; }
  /// That of the problem, with Lip M = 0.
  std::optional<Curvature> curvature(const Vector& phi) const override;

 private:
  const Problem& problem_;
  Vector theta_;  // p
};

/// The corrected Jacobians J_t = (∂x_t/∂φ) M(x_t), n×p, for t in `at`, ascending, by sweeps back over the
/// tape of one run. For solvers whose steps use θ in the gradient alone.
/// @throws as jacobian_history.
template <class S>
History corrected_history(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                          const std::vector<Index>& at) {
  return jacobian_history(problem, solver, x0, theta, {.steps = at.empty() ? 0 : at.back()},
                          Reverse{.corrected = true, .equation = Equation::gradient}, at);
}

/// The same forwards, at n Hessian-vector products a step: `visit(t, J_t)` for t = 0 … steps.
template <class S, class Visit>
void corrected_forward(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                       Index steps, Visit&& visit) {
  const Index n = problem.dimension();
  const ShiftedProblem shifted(problem, theta);
  const Oracle<DualVector> oracle(shifted);
  const DualVector phi(Vector::Zero(n), Matrix::Identity(n, n));
  auto state = initial_state(solver, DualVector(x0, Matrix::Zero(n, n)), phi);
  for (Index t = 0; t <= steps; ++t) {
    const DualVector& x = iterate(state);
    visit(t, Matrix(x.tangents() * problem.mixed(x.value(), theta)));
    if (t < steps) state = solver.step(oracle, std::as_const(state), phi, t);
  }
}

}  // namespace unroll
