#pragma once

#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/non_finite.hpp"

namespace unroll {

/// The pullback of w, and how it changes along a direction of θ.
struct SecondVjp : RunRecord {
  Vector dtheta{};      // ∂x*(θ)ᵀ w, p
  Vector dtheta_dot{};  // ∇²_θ (wᵀx*(θ)) θ̇, p
};

namespace detail {
/// @throws UnsupportedError unless it is the gradient's equation that is differentiated.
void check_gradient_equation(const Implicit& method, Equation declared);
/// @throws DomainError unless the method sweeps all steps, and returns what it swept; ShapeError.
void check_second_vjp(const Problem& problem, const Vector& cotangent, const Vector& tangent,
                      const Reverse& method);
/// The pullback of w's first column, and its tangents where w moves by the k others and θ along Θ̇: p×(1 + k).
/// With λ = H⁻¹w: −Mᵀλ, and −Mᵀλ̇ − ∂(Mᵀ)λ with H λ̇ = ẇ − Ḣλ, by third derivatives in (λ, (ẋ, θ̇)).
/// @throws UnsupportedError where the problem has none.
Matrix implicit_pull_with_tangents(const Problem& problem, const ImplicitEquation& equation, const Vector& x,
                                   const Vector& theta, const Matrix& w, const Matrix& theta_dot,
                                   const LinearOptions& linear);
}  // namespace detail

/// ∇_θ (wᵀx*) and ∇²_θ (wᵀx*) θ̇ at (x, θ), w (n) and θ̇ (p) constant: exactly, by three solves, and one third
/// derivative of the problem. @throws ShapeError, UnsupportedError where the problem has no third_order,
/// NumericalError as solve_linear.
SecondVjp implicit_second_vjp(const Problem& problem, const Vector& x, const Vector& theta,
                              const Vector& cotangent, const Vector& tangent, const Implicit& method = {},
                              Cost* cost = nullptr);

/// The same at the end of a run. @throws UnsupportedError unless ∇f = 0 is the equation that the solver
/// declares, or the method names.
template <class S>
SecondVjp second_vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                     const Vector& cotangent,  // n
                     const Vector& tangent,    // p
                     const SolveOptions& options, const Implicit& method) {
  detail::check_gradient_equation(method, declared_equation<S>());
  const auto steps = detail::steps_of(problem, solver, start, theta, options);
  steps->run();
  SecondVjp second =
      implicit_second_vjp(problem, steps->record.x, theta, cotangent, tangent, method, &steps->record.cost);
  static_cast<RunRecord&>(second) = steps->record;
  return second;
}
/// Of the unrolled run: ∇_θ (wᵀx_T) and ∇²_θ (wᵀx_T) θ̇, exactly, by one tape of all steps with a tangent,
/// which takes third derivatives of f at every gradient. Refers to nothing afterwards.
/// @throws DomainError unless the method is Reverse{} without options that change what is swept;
/// UnsupportedError where the problem has no third_order, or the solver's step no second derivative.
template <class S>
SecondVjp second_vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                     const Vector& cotangent,  // n
                     const Vector& tangent,    // p
                     const SolveOptions& options, const Reverse& method) {
  detail::check_second_vjp(problem, cotangent, tangent, method);
  unroll::check_solver(solver);
  const Vector x0 = start.at(problem, theta);
  check_point(problem, x0, theta, "second_vjp");
  if (options.observer) options.observer(0, x0);
  SecondVjp second;
  second.theta = theta;
  Tape tape(1);
  tape.refer_to(solver);
  const VarVector taped = tape.input(theta, tangent);
  const auto end = detail::loop<VarVector, S>(Oracle<VarVector>(problem, &second.cost), solver,
                                              initial_state(solver, start.on(taped)), taped,
                                              prepare(solver, taped), 0, options, detail::Ignore{});
  const VarVector x = iterate(end.state);
  second.x = x.value();
  second.steps = end.steps;
  second.status = detail::whole_status(end.status, end.steps, end.accepted);
  second.cost.tape_bytes = tape.statistics().bytes();
  second.dtheta = second.dtheta_dot = Vector::Zero(theta.size());
  if (x.is_constant()) return second;
  Matrix seed = Matrix::Zero(x0.size(), 2);
  seed.col(0) = cotangent;
  const Matrix adjoint = tape.sweep(x, seed).adjoint(taped);
  second.dtheta = adjoint.col(0);
  second.dtheta_dot = adjoint.col(1);
  if (!adjoint.allFinite() && second.status != Status::non_finite) {
    const auto steps = detail::steps_of(problem, solver, start, theta, {options.steps, options.tolerance});
    steps->run();
    if (!second.dtheta.allFinite()) detail::note_non_finite_derivative(*steps);
    second.origin = steps->record.origin;
    second.status = Status::non_finite_derivative;
  }
  return second;
}
/// Another method: does not compile, take Implicit{} or Reverse{}.
template <class S, class Other>
SecondVjp second_vjp(const Problem&, const S&, const Start&, const Vector&, const Vector&, const Vector&,
                     const SolveOptions&, const Other&) {
  static_assert(ad::never<Other>, "second_vjp: take the method Implicit{} or Reverse{}");
  return {};
}

}  // namespace unroll
