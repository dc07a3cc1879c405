#pragma once

#include <concepts>
#include <optional>
#include <type_traits>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/worlds.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/problem/prepare.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/state.hpp"

/// What a solver must do: one step, valid for plain, dual and taped arrays V. A step never loops, stops, logs
/// or differentiates; `run` does the first three for every solver, the derivative methods the last.
namespace unroll {

namespace detail {
/// What an iterate may consist of.
template <class A, class V>
concept IterateArray = std::same_as<A, V> || std::same_as<A, matrix_t<V>>;
template <class V, class... M>
consteval bool are_iterate_arrays(std::type_identity<std::tuple<M&...>>) {
  return (IterateArray<M, V> && ...);
}
template <class T, class V>
consteval bool has_iterate() {
  if constexpr (requires(T & state) { state.x; })
    return IterateArray<decltype(T::x), V>;
  else
    return are_iterate_arrays<V>(std::type_identity<decltype(members(std::declval<T&>()))>{});
}
}  // namespace detail

/// An aggregate with the iterate `V x`, or `matrix_t<V> x`, by convention its first member; or one without x,
/// of arrays V and matrix_t<V> alone.
template <class T, class V>
concept SolverState = std::is_aggregate_v<T> && std::copyable<T> && detail::has_iterate<T, V>();

/// `solver.init(x0, theta)` makes the first state, where memory begins with something of θ, a velocity or a
/// history.
template <class S, class V>
concept HasInitOfTheta = requires(const S& solver, const V& x0, const V& theta) {
  solver.init(x0, theta);
};
/// That, or `solver.init(x0)`, makes the first state of a solver with memory. A solver without `init` works
/// on State<V>.
template <class S, class V>
concept HasInit = HasInitOfTheta<S, V> || requires(const S& solver, const V& x0) {
  solver.init(x0);
};

/// Whether there is no `init`, or one that can be called, as PrepareFits.
template <class S, class V>
concept InitFits = HasInit<S, V> || !(
    requires(S & solver, const V& x0) { solver.init(x0); } ||
    requires(S & solver, const V& x0) { solver.init(x0, x0); } || requires { &S::init; } ||
    requires { &S::template init<V>; });

namespace detail {
/// @throws ShapeError unless the first state's x has as many entries as x_0.
void check_first(Index entries, Index n);
}  // namespace detail

/// The first state: solver.init(x0, theta) or solver.init(x0) where the solver has it, else State<V>{x0}.
template <class S, class V>
auto initial_state(const S& solver, const V& x0, const V& theta) {
  if constexpr (HasInit<S, V>) {
    auto state = [&] {
      if constexpr (HasInitOfTheta<S, V>)
        return solver.init(x0, theta);
      else
        return solver.init(x0);
    }();
    if constexpr (SolverState<decltype(state), V>) {
      Index entries = 0;
      for_each_of_iterate(state, [&](const auto& array) { entries += array.size(); });
      detail::check_first(entries, x0.size());
    }
    return state;
  } else {
    return State<V>{x0};
  }
}

/// The type of a solver's state over arrays V.
template <class S, class V>
using StateOf =
    decltype(initial_state(std::declval<const S&>(), std::declval<const V&>(), std::declval<const V&>()));

namespace detail {

/// One step, given what was prepared if the solver prepares anything.
template <class V, class S>
auto take_step(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta, Index t,
               const PreparedOf<S, V>& prepared) requires(HasPrepare<S, V>&& requires {
  solver.step(f, state, theta, t, prepared);
}) {
  return solver.step(f, state, theta, t, prepared);
}
template <class V, class S>
auto take_step(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta, Index t,
               const PreparedOf<S, V>&) requires(!HasPrepare<S, V> &&
                                                 requires { solver.step(f, state, theta, t); }) {
  return solver.step(f, state, theta, t);
}

}  // namespace detail

/// `solver.step(f, state, theta, t)` can be called, on a const solver, with the solver's own state; where the
/// solver prepares something, `solver.step(f, state, theta, t, prepared)`.
template <class S, class V>
concept HasStep = requires(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta,
                           Index t, const PreparedOf<S, V>& prepared) {
  detail::take_step(solver, f, state, theta, t, prepared);
};

/// A solver over arrays V: its state is an aggregate with an iterate; its step takes and gives that
/// state.
template <class S, class V>
concept SolverOver = SolverState<StateOf<S, V>, V> &&
    requires(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta, Index t,
             const PreparedOf<S, V>& prepared) {
  { detail::take_step(solver, f, state, theta, t, prepared) } -> std::same_as<StateOf<S, V>>;
};

/// A solver: over plain arrays, in forward mode and on a tape.
template <class S>
concept Solver = SolverOver<S, Vector> && SolverOver<S, DualVector> && SolverOver<S, VarVector>;

/// Whether S is a solver over V: true, or the compilation stops at what is missing, and says it. What needs a
/// solver stands within `if constexpr (require_solver<S, V>())`, so that nothing more is said.
template <class S, class V>
consteval bool require_solver() {
  // (As plain truth values: a compiler lists all that a concept asks for.)
  constexpr bool init_fits = InitFits<S, V>, prepare_fits = PrepareFits<S, V>;
  static_assert(init_fits,
                "a solver's init must be const, and callable with plain, dual and taped arrays V: `template "
                "<class V> auto init(const V& x0) const`, or `(const V& x0, const V& theta)`");
  static_assert(prepare_fits,
                "a solver's prepare must be const, and callable with plain, dual and taped arrays V: "
                "`template <class V> auto prepare(const V& theta) const`");
  if constexpr (init_fits && prepare_fits) {
    using T = StateOf<S, V>;
    constexpr bool is_aggregate = std::is_aggregate_v<T> && std::copyable<T>;
    static_assert(
        is_aggregate,
        "a solver's state, what init(x0) returns, must be a copyable aggregate: no constructors, no private "
        "members, no virtual functions");
    if constexpr (is_aggregate) {
      constexpr bool has_iterate = SolverState<T, V>;
      static_assert(has_iterate,
                    "a solver's state must have its iterate as a member `V x`, or `matrix_t<V> x`, or "
                    "consist of such arrays alone, which are then the iterate");
      if constexpr (has_iterate) {
        constexpr bool converts = detail::members_convert<V, T, StateOf<S, Vector>>();
        static_assert(converts,
                      "a member of a solver's state that holds derivatives must be an array, a scalar or a "
                      "std::vector of these: in place of a std::map of arrays V, say, keep a std::vector<V>, "
                      "and the keys beside it");
        constexpr bool has_step = converts && HasStep<S, V>;
        static_assert(
            has_step || !converts,
            "a solver needs `template <class V> auto step(const Oracle<V>& f, const State<V>& state, const "
            "V& theta, Index t) const`: const, callable with plain, dual and taped arrays V, and taking the "
            "state that init(x0) returns (State<V> when there is no init), and last what prepare(theta) "
            "returns, if there is one");
        if constexpr (has_step) {
          constexpr bool returns_its_state = SolverOver<S, V>;
          static_assert(returns_its_state,
                        "a solver's step must return the type of state that it takes, what init(x0) returns");
          return returns_its_state;
        }
      }
    }
  }
  return false;
}
/// Of a solver: over plain arrays, in forward mode and on a tape.
template <class S>
consteval bool require_solver() {
  if constexpr (require_solver<S, Vector>())
    if constexpr (require_solver<S, DualVector>()) return require_solver<S, VarVector>();
  return false;
}

namespace detail {

/// The step that is differentiated at the end of a run: solver.frozen_step where there is one.
template <class V, class S>
StateOf<S, V> take_frozen_step(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state,
                               const V& theta, Index t, const PreparedOf<S, V>& prepared) {
  if constexpr (requires {
                  { solver.frozen_step(f, state, theta, t, prepared) } -> std::same_as<StateOf<S, V>>;
                }) {
    return solver.frozen_step(f, state, theta, t, prepared);
  } else if constexpr (requires {
                         { solver.frozen_step(f, state, theta, t) } -> std::same_as<StateOf<S, V>>;
                       }) {
    return solver.frozen_step(f, state, theta, t);
  } else {
    return take_step<V, S>(solver, f, state, theta, t, prepared);
  }
}

}  // namespace detail

/// `solver.frozen_step(f, state, theta, t)`, with what was prepared as its last argument if it wants that: a
/// step with the fixed points of `step`, at which its derivative is that of the solution. One-step and
/// implicit differentiation take it in place of `step`. It serves solvers whose own step cannot be
/// differentiated without third derivatives (Newton's), or not at a solution (a memory of differences that
/// vanish there).
template <class S, class V>
concept HasFrozenStep = requires(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state,
                                 const V& theta, Index t, const PreparedOf<S, V>& prepared) {
  requires requires {
    { solver.frozen_step(f, state, theta, t) } -> std::same_as<StateOf<S, V>>;
  } || requires {
    { solver.frozen_step(f, state, theta, t, prepared) } -> std::same_as<StateOf<S, V>>;
  };
};

/// Whether the step that made the state did what a step does. A solver that may refuse its own step, a
/// trust-region method say, tells by a member `bool accepted` of its state; others always accept. A step that
/// was not accepted is no sign of convergence, and no derivative is taken of it alone.
template <class T>
bool was_accepted(const T& state) {
  if constexpr (requires {
                  { state.accepted } -> std::convertible_to<bool>;
                }) {
    return state.accepted;
  } else {
    return true;
  }
}

/// Whether the state solves what the solver solves, in the solver's own words, where it has them: a member
/// `bool solves(f, state, theta, tolerance) const`. Convergence needs it beside what Status::converged asks
/// for; it is asked for once a step is small. It serves methods whose steps can be small far from a solution.
template <class V, class S>
bool solves(const S& solver, const Oracle<V>& f, const StateOf<S, V>& state, const V& theta,
            double tolerance) {
  if constexpr (requires {
                  { solver.solves(f, state, theta, tolerance) } -> std::convertible_to<bool>;
                }) {
    return solver.solves(f, state, theta, tolerance);
  } else {
    return true;
  }
}

/// A bound on ‖∂_sΦ‖_2, Φ the step that is differentiated at the end of a run, where f's curvature is at
/// least ℓ: a member `double contraction(double smallest_eigenvalue) const`, of a solver of a fixed point.
/// What a certificate else has to estimate. Nothing where there is none.
template <class S>
std::optional<double> contraction(const S& solver, double smallest_eigenvalue) {
  if constexpr (requires {
                  { solver.contraction(smallest_eigenvalue) } -> std::convertible_to<double>;
                }) {
    return solver.contraction(smallest_eigenvalue);
  } else {
    return std::nullopt;
  }
}

/// Checks a solver's options, once per run: calls `solver.check()` where the solver has it. @throws what
/// check throws, DomainError by convention.
template <class S>
void check_solver(const S& solver) {
  if constexpr (requires { solver.check(); }) solver.check();
}

}  // namespace unroll
