#pragma once

#include "unroll/derivative/jacobian.hpp"

namespace unroll {

/// The pullback of w, and how it changes along a direction of θ.
struct SecondVjp : RunRecord {
  Vector dtheta{};      // ∂x*(θ)ᵀ w, p
  Vector dtheta_dot{};  // ∇²_θ (wᵀx*(θ)) θ̇, p
};

namespace detail {
SecondVjp second_vjp(StepsPtr steps, const Vector& cotangent, const Vector& tangent, const Implicit& method);
SecondVjp second_vjp(StepsPtr steps, const Vector& cotangent, const Vector& tangent, const Reverse& method);
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

/// The same at the end of a run by Implicit{}; or, by Reverse{}, of the unrolled run: ∇_θ (wᵀx_T) and
/// ∇²_θ (wᵀx_T) θ̇, exactly, by one tape of all steps with a tangent, which takes third derivatives of f at
/// every gradient. Refers to nothing afterwards. @throws UnsupportedError by Implicit{} unless ∇f = 0 is the
/// equation that the solver declares, or the method names; by Reverse{} where the problem has no third_order,
/// or the solver's step no second derivative; DomainError if it has options that change what is swept.
template <class S, class M>
SecondVjp second_vjp(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                     const Matrix& cotangent,  // n
                     const Matrix& tangent,    // p
                     const SolveOptions& options, const M& method) {
  constexpr bool has_second = std::same_as<M, Implicit> || std::same_as<M, Reverse>;
  static_assert(has_second, "second_vjp: take the method Implicit{} or Reverse{}");
  if constexpr (has_second)
    return detail::second_vjp(detail::steps_of(problem, solver, start, theta, options),
                              checked_column(cotangent, "second_vjp", "the cotangent"),
                              checked_column(tangent, "second_vjp", "the tangent"), method);
}

}  // namespace unroll
