#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "unroll/problem/oracle.hpp"
#include "unroll/solver/solver.hpp"
#include "unroll/solver/status.hpp"
#include "unroll/solver/typed_solver.hpp"

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
  Index accepted = 0;         // of the steps: see was_accepted
  Index last = 0;             // the number of the last that was accepted and moved x; 0: none
  std::optional<S> before{};  // of a run on plain arrays, the state that step `last` started from
};

/// @throws ShapeError, naming operation and sizes, unless x has n entries and theta p.
/// @throws DomainError if either is not finite, or theta is outside the problem's domain.
void check_point(const Problem& problem, const Vector& x, const Vector& theta, std::string_view operation);

/// @throws DomainError if steps < 0, or the tolerance is negative, infinite or NaN.
void check_options(const SolveOptions& options);

namespace detail {

/// ‖x − previous‖ ≤ tolerance · max(1, ‖x‖), n numbers each, without overflow.
bool is_small_move(const double* x, const double* previous, Index n, double tolerance);

/// How a run from its first step on ended.
inline Status whole_status(Status status, Index steps, Index accepted) {
  return status == Status::step_limit && steps > 0 && accepted == 0 ? Status::none_accepted : status;
}

struct Ignore {
  void operator()(Index, const auto&) const {}
};

/// Whose steps a loop takes, on what.
template <class V>
struct Stepping {
  const SolverIn<V>& solver;
  const Oracle<V>& f;
  const V& theta;
  const AnyArrays<V>& prepared;
};

/// Where a loop ended.
template <class V>
struct LoopEnd {
  Status status;
  Index steps;  // see Run, as for the next three
  Index accepted = 0;
  Index last = 0;
  StatePtr<V> before{};
};

/// Sees the state that step t made, and that of which it made it. The loop ends where it is false.
template <class V>
using SeeState = std::function<bool(Index t, AnyState<V>& state, const AnyState<V>& before)>;

/// The arrays of a state keep their shapes from step to step; a list may grow. @throws ShapeError if not.
template <class V>
void check_same_shapes(const AnyState<V>& state, const AnyState<V>& before, Index step);

/// Steps of a run, from step `first` to step `end`. Those before `known` were taken before: silently, they
/// neither stop the run nor are observed.
struct Stretch {
  Index first, end;
  Index known = 0;
};

/// The loop, once for every solver, for every kind of array V: moves the state, of step `first`, on: see
/// `resume`. Of the options, which may be of a longer run, what stops it and who watches it.
template <class V>
LoopEnd<V> loop(const Stepping<V>& stepping, StatePtr<V>& state, const Stretch& steps,
                const SolveOptions& options, const SeeState<V>& see = {});

}  // namespace detail

/// The loop on arrays V (Vector, DualVector, VarVector). Continues from `state`, that of step `first`, until
/// step options.steps: steps, stops, checks that iterates are finite, shows them to the observer.
/// `visit(t, state)` sees every state after `state`; the observer likewise. @throws ShapeError if the step
/// changes the shape of one of the state's arrays.
template <class V, class S, class Visit = detail::Ignore>
Run<StateOf<S, V>> resume(const Oracle<V>& f, const S& solver, StateOf<S, V> state, const V& theta,
                          Index first, const SolveOptions& options, Visit&& visit = {}) {
  if constexpr (require_solver<S, V>()) {
    using Typed = detail::SolverOf<S, V>;
    const Typed typed(solver);
    detail::StatePtr<V> at(new typename Typed::State(std::move(state)));
    const auto prepared = typed.prepare(theta);
    const auto see = [&](Index t, const detail::AnyState<V>& next, const detail::AnyState<V>&) {
      visit(t, Typed::typed(next).value());
      return true;
    };
    auto end = detail::loop<V>({typed, f, theta, *prepared}, at, {first, options.steps}, options, see);
    Run<StateOf<S, V>> run{Typed::taken(std::move(at)), end.status, end.steps, end.accepted, end.last};
    if (end.before) run.before.emplace(Typed::taken(std::move(end.before)));
    return run;
  }
}

/// A run from the start: checks everything, then `resume` from initial_state(solver, x0, theta). Observer and
/// `visit` see t = 0 too.
/// @throws as check_point and check_options, and what the solver's own check() throws.
template <class V, class S, class Visit = detail::Ignore>
Run<StateOf<S, V>> run(const Oracle<V>& f, const S& solver, const V& x0, const V& theta,
                       const SolveOptions& options, Visit&& visit = {}) {
  if constexpr (require_solver<S, V>()) {
    const auto& start = value_of(x0);
    check_point(f.problem(), start, value_of(theta), "solve");
    check_options(options);
    check_solver(solver);
    if (options.observer) options.observer(0, start);
    auto state = initial_state(solver, x0, theta);
    visit(Index{0}, std::as_const(state));
    auto end = resume(f, solver, std::move(state), theta, 0, options, std::forward<Visit>(visit));
    end.status = detail::whole_status(end.status, end.steps, end.accepted);
    return end;
  }
}

}  // namespace unroll
