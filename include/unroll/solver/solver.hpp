#pragma once

#include <concepts>
#include <type_traits>

#include "unroll/ad/operators.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/state.hpp"

/// What a solver must do: one step, valid for plain, dual and taped arrays V. A step never loops, stops, logs
/// or differentiates; `run` does the first three for every solver, the derivative methods the last.
namespace unroll {

/// `solver.init(x0)` makes the first state of a solver with memory. A solver without `init` works on
/// State<V>.
template <class S, class V>
concept HasInit = requires(const S& solver, const V& x0) {
  solver.init(x0);
};

/// The first state: solver.init(x0) where the solver has it, else State<V>{x0}.
template <class S, class V>
auto initial_state(const S& solver, const V& x0) {
  if constexpr (HasInit<S, V>) {
    return solver.init(x0);
  } else {
    return State<V>{x0};
  }
}

/// The type of a solver's state over arrays V.
template <class S, class V>
using StateOf = decltype(initial_state(std::declval<const S&>(), std::declval<const V&>()));

/// An aggregate with the iterate `V x`, by convention its first member.
template <class T, class V>
concept SolverState = std::is_aggregate_v<T> && std::copyable<T> && requires(T& state) {
  { state.x } -> std::same_as<V&>;
};

/// `solver.step(f, state, theta, t)` can be called, on a const solver, with the solver's own state.
template <class S, class V>
concept HasStep = requires(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta,
                           Index t) {
  solver.step(f, state, theta, t);
};

/// A solver over arrays V: its state is an aggregate with the iterate `V x`; its step takes and gives that
/// state.
template <class S, class V>
concept SolverOver = SolverState<StateOf<S, V>, V> &&
    requires(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta, Index t) {
  { solver.step(f, state, theta, t) } -> std::same_as<StateOf<S, V>>;
};

/// A solver: over plain arrays, in forward mode and on a tape.
template <class S>
concept Solver = SolverOver<S, Vector> && SolverOver<S, DualVector> && SolverOver<S, VarVector>;

/// Stops the compilation unless S is a solver over V, and says which requirement is missing.
template <class S, class V>
consteval void require_solver() {
  using T = StateOf<S, V>;
  static_assert(
      std::is_aggregate_v<T> && std::copyable<T>,
      "a solver's state, what init(x0) returns, must be a copyable aggregate: no constructors, no private "
      "members, no virtual functions");
  static_assert(SolverState<T, V>, "a solver's state must have its iterate as a member `V x`");
  static_assert(
      HasStep<S, V>,
      "a solver needs `template <class V> auto step(const Oracle<V>& f, const State<V>& state, const V& "
      "theta, "
      "Index t) const`: const, callable with plain, dual and taped arrays V, and taking the state that "
      "init(x0) returns (State<V> when there is no init)");
  if constexpr (SolverState<T, V> && HasStep<S, V>) {
    static_assert(SolverOver<S, V>,
                  "a solver's step must return the type of state that it takes, what init(x0) returns");
  }
}

/// `solver.frozen_step(f, state, theta, t)`: a step of the same values whose derivative holds its own
/// linearisation constant, H at x_t say. At a fixed point it has the derivative of `step` in θ; it serves
/// solvers, Newton's among them, whose step cannot be differentiated without third derivatives.
template <class S, class V>
concept HasFrozenStep = requires(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state,
                                 const V& theta, Index t) {
  { solver.frozen_step(f, state, theta, t) } -> std::same_as<StateOf<S, V>>;
};

/// Checks a solver's options, once per run: calls `solver.check()` where the solver has it. @throws what
/// check throws, DomainError by convention.
template <class S>
void check_solver(const S& solver) {
  if constexpr (requires { solver.check(); }) solver.check();
}

}  // namespace unroll
