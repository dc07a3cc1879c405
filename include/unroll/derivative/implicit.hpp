#pragma once

#include <algorithm>
#include <functional>
#include <memory>

#include "unroll/ad/tape.hpp"
#include "unroll/derivative/implicit_method.hpp"
#include "unroll/derivative/linear_solve.hpp"
#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"
#include "unroll/solver/solver.hpp"

namespace unroll {

/// A J = B, the equation that a solution satisfies, differentiated in θ: see Equation. Both matrices are
/// known by their products alone.
struct ImplicitEquation {
  LinearMap matrix;                                           // A, n×n
  LinearMap transposed;                                       // Aᵀ
  Index parameters = 0;                                       // p
  std::function<Matrix(const Matrix&)> forcing{};             // p×k → n×k: B Θ̇
  std::function<Matrix(const Matrix&)> forcing_transposed{};  // n×k → p×k: Bᵀ W
};

/// H J = −M at (x, θ); every product is one pass of problem.second_order, counted in `cost` where there is
/// one. Refers to `problem` and `cost`. @throws ShapeError
ImplicitEquation gradient_equation(const Problem& problem, const Vector& x, const Vector& theta,
                                   Cost* cost = nullptr);

/// A⁻¹ B, n×p, from p right-hand sides, or from the n of the transposed system if p > n.
/// @throws as solve_linear.
Matrix solve_jacobian(const ImplicitEquation& equation, const Implicit& method);
/// A⁻¹ B θ̇, n, for a tangent θ̇ (p). @throws likewise.
Vector solve_pushforward(const ImplicitEquation& equation, const Vector& tangent, const Implicit& method);
/// A⁻ᵀ w, n, for a cotangent w (n): Bᵀ of it is the pullback. @throws likewise.
Vector solve_adjoint(const ImplicitEquation& equation, const Vector& cotangent, const Implicit& method);

/// −H⁻¹M at (x, θ), n×p: ∂x* where ∇_x f(x, θ) = 0, which is the caller's to see to.
/// @throws ShapeError, and as solve_linear.
Matrix implicit_jacobian(const Problem& problem, const Vector& x, const Vector& theta,
                         const Implicit& method = {}, Cost* cost = nullptr);

/// −Mᵀ H⁻¹ w at (x, θ), p, for a cotangent w ∈ R^n. @throws likewise.
Vector implicit_vjp(const Problem& problem, const Vector& x, const Vector& theta, const Vector& cotangent,
                    const Implicit& method = {}, Cost* cost = nullptr);

/// Whether the gradient's equation is the one to differentiate: the problem has an objective, and the solver
/// no member `term` that it minimises as well.
template <class S>
bool solves_gradient_equation(const Problem& problem, const S& solver) {
  return problem.has_objective() && !requires { solver.term; };
}

/// Φ(x, θ): one step of the solver from a fresh state at x, its frozen step where it has one.
template <class V, class S>
V fixed_point_map(const Oracle<V>& f, const S& solver, const V& x, const V& theta) {
  const auto state = initial_state(solver, x);
  if constexpr (HasFrozenStep<S, V>) {
    return solver.frozen_step(f, state, theta, Index{0}).x;
  } else {
    return solver.step(f, state, theta, Index{0}).x;
  }
}

namespace detail {

/// A recording of one step, to be pulled back through as often as a linear solver wants.
struct RecordedStep {
  Tape tape{};
  VarVector x, theta, next;

  /// ∂_xΦᵀ W and ∂_θΦᵀ W.
  Matrix to_x(const Matrix& w) const { return pull(x, w); }
  Matrix to_theta(const Matrix& w) const { return pull(theta, w); }

 private:
  Matrix pull(const VarVector& input, const Matrix& w) const {
    if (next.is_constant()) return Matrix::Zero(input.size(), w.cols());
    return tape.sweep(next, w).adjoint(input);
  }
};

template <class S>
std::shared_ptr<RecordedStep> record_step(const Oracle<VarVector>& f, const S& solver, const Vector& x,
                                          const Vector& theta) {
  auto recorded = std::make_shared<RecordedStep>();
  recorded->x = recorded->tape.input(x);
  recorded->theta = recorded->tape.input(theta);
  recorded->next = fixed_point_map(f, solver, recorded->x, recorded->theta);
  return recorded;
}

/// ∂_xΦ Ẋ + ∂_θΦ Θ̇, n×k.
template <class S>
Matrix push_step(const Oracle<DualVector>& f, const S& solver, const Vector& x, const Matrix& x_dot,
                 const Vector& theta, const Matrix& theta_dot) {
  const DualVector next = fixed_point_map(f, solver, DualVector(x, x_dot), DualVector(theta, theta_dot));
  if (next.directions() == 0) return Matrix::Zero(x.size(), x_dot.cols());
  return next.tangents();
}

}  // namespace detail

/// (I − ∂_xΦ) J = ∂_θΦ at (x, θ): for solvers of composite problems, and for fixed points without an
/// objective. Products push tangents through one step, those with transposes pull cotangents back through a
/// recording of it. Refers to `problem` and `cost`. @throws ShapeError, and what the step throws.
template <class S>
ImplicitEquation fixed_point_equation(const Problem& problem, const S& solver, const Vector& x,
                                      const Vector& theta, Cost* cost = nullptr) {
  check_sizes(problem, x.size(), theta.size(), "fixed_point_equation");
  const Index n = x.size(), p = theta.size();
  const Oracle<DualVector> dual(problem, cost);
  const auto recorded = detail::record_step(Oracle<VarVector>(problem, cost), solver, x, theta);
  if (cost != nullptr) cost->tape_bytes = std::max(cost->tape_bytes, recorded->tape.statistics().bytes());
  const auto push = [=](const Matrix& x_dot, const Matrix& theta_dot) {
    return detail::push_step(dual, solver, x, x_dot, theta, theta_dot);
  };
  return {
      .matrix = {n, false, "I - dPhi/dx",
                 [=](const Matrix& v) { return Matrix(v - push(v, Matrix::Zero(p, v.cols()))); }},
      .transposed = {n, false, "(I - dPhi/dx)^T",
                     [=](const Matrix& w) { return Matrix(w - recorded->to_x(w)); }},
      .parameters = p,
      .forcing = [=](const Matrix& theta_dot) { return push(Matrix::Zero(n, theta_dot.cols()), theta_dot); },
      .forcing_transposed = [=](const Matrix& w) { return recorded->to_theta(w); }};
}

/// The equation that `method` asks for. @throws as the two, UnsupportedError if the gradient's is asked for
/// where there is no objective.
template <class S>
ImplicitEquation implicit_equation(const Problem& problem, const S& solver, const Vector& x,
                                   const Vector& theta, const Implicit& method, Cost* cost = nullptr) {
  const bool by_gradient =
      method.equation == Equation::gradient ||
      (method.equation == Equation::automatic && solves_gradient_equation(problem, solver));
  if (by_gradient) return gradient_equation(problem, x, theta, cost);
  return fixed_point_equation(problem, solver, x, theta, cost);
}

}  // namespace unroll
