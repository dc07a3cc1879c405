#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/solver.hpp"
#include "unroll/solver/status.hpp"

namespace unroll {

/// When a run stops, and who watches it.
struct SolveOptions {
  Index steps = 100;                                         // at most; ≥ 0
  double tolerance = 0;                                      // see Status::converged; 0: always all steps
  std::function<void(Index t, const Vector& x)> observer{};  // called with every iterate, x_0 included
};

/// What a run leaves: the last state, which is that of step `steps`.
template <class S>
struct Run {
  S state;        // the last that is finite
  Status status;  // how the run ended
  Index steps;  // taken with a finite result. After non_finite, step number steps + 1 is the one that failed
};

/// @throws ShapeError, naming operation and sizes, unless x has n entries and theta p.
/// @throws DomainError if either is not finite, or theta is outside the problem's domain.
void check_point(const Problem& problem, const Vector& x, const Vector& theta, std::string_view operation);

/// @throws DomainError if steps < 0, or the tolerance is negative, infinite or NaN.
void check_options(const SolveOptions& options);

namespace detail {
/// ‖x − previous‖ ≤ tolerance · max(1, ‖x‖).
bool has_converged(const Vector& x, const Vector& previous, double tolerance);
struct Ignore {
  void operator()(Index, const auto&) const {}
};
}  // namespace detail

/// The loop, once for every solver and for every kind of array V (Vector, DualVector, VarVector). Continues
/// from `state`, that of step `first`, until step options.steps: steps, stops, checks that iterates are
/// finite, shows them to the observer. `visit(t, state)` sees every state after `state`; the observer
/// likewise. @throws ShapeError if the step changes the shape of one of the state's arrays.
template <class V, class S, class Visit = detail::Ignore>
Run<StateOf<S, V>> resume(const Oracle<V>& f, const S& solver, StateOf<S, V> state, const V& theta,
                          Index first, const SolveOptions& options, Visit&& visit = {}) {
  require_solver<S, V>();
  for (Index t = first; t < options.steps; ++t) {
    StateOf<S, V> next = solver.step(f, std::as_const(state), theta, t);
    detail::check_same_shapes(next, state, t + 1);
    const auto& x = value_of(next.x);
    if (!x.allFinite()) return {std::move(state), Status::non_finite, t};
    const bool converged =
        options.tolerance > 0 && detail::has_converged(x, value_of(state.x), options.tolerance);
    if (options.observer) options.observer(t + 1, x);
    state = std::move(next);
    visit(t + 1, std::as_const(state));
    if (converged) return {std::move(state), Status::converged, t + 1};
  }
  return {std::move(state), Status::step_limit, options.steps};
}

/// A run from the start: checks everything, then `resume` from initial_state(solver, x0). Observer and
/// `visit` see t = 0 too.
/// @throws as check_point and check_options, and what the solver's own check() throws.
template <class V, class S, class Visit = detail::Ignore>
Run<StateOf<S, V>> run(const Oracle<V>& f, const S& solver, const V& x0, const V& theta,
                       const SolveOptions& options, Visit&& visit = {}) {
  require_solver<S, V>();
  const auto& start = value_of(x0);
  check_point(f.problem(), start, value_of(theta), "solve");
  check_options(options);
  check_solver(solver);
  if (options.observer) options.observer(0, start);
  auto state = initial_state(solver, x0);
  visit(Index{0}, std::as_const(state));
  return resume(f, solver, std::move(state), theta, 0, options, std::forward<Visit>(visit));
}

}  // namespace unroll
