#pragma once

#include "unroll/derivative/jacobian.hpp"
#include "unroll/solver/black_box.hpp"

/// x_T(θ) inside a larger computation.
namespace unroll {

namespace detail {

/// x_T at the θ that the steps have, as a rule of θ. @throws NumericalError if the run ended without a finite
/// iterate, or with a tolerance that it did not meet.
/// @{
Vector solution(StepsPtr steps, const Method& method, const Vector& theta);
DualVector solution(StepsPtr steps, const Method& method, const DualVector& theta);
VarVector solution(StepsPtr steps, const Method& method, const VarVector& theta);
/// @}

}  // namespace detail

/// The solver's result x_T(θ), n, for θ over plain, dual or taped arrays, as one operation of a computation:
/// of an outer loss, of the next time step, of another problem's f or F. Taped it costs x and a handful of
/// words; its cotangent is pulled back by `method` when the tape is swept, which for Reverse{} means that the
/// run is taken again, and its tape forgotten after. From several threads at once, too.
///
/// x_0 is a constant, or a function of θ (see Start): pass the number behind a taped guess, `value_of(x)`.
/// On a tape with tangents (second derivatives, as an objective's f has) by Implicit{} of a gradient's or
/// root's equation alone, where the problem has third_order. Refers to `problem`, until the tape has been
/// swept.
/// @throws NumericalError if an iterate is not finite, or options.tolerance > 0 is not met: there is no
/// solution to go on with; and what `vjp` throws.
template <class S, class A>
auto solution(const Problem& problem, const S& solver, const Start& start, const A& theta,
              const SolveOptions& options, const Method& method = Implicit{}) {
  using V = ad::array_t<A>;
  const V parameters(theta);
  return detail::solution(detail::steps_of<S, const S>(problem, solver, start, value_of(parameters), options),
                          method, parameters);
}
template <std::derived_from<Problem> P, class S, class A>
auto solution(const P&&, const S&, const Start&, const A& theta, const SolveOptions&,
              const Method& = Implicit{}) {
  ad::refuse_temporary<P>();
  return ad::array_t<A>(theta);
}

}  // namespace unroll
