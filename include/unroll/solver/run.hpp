#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "unroll/ad/plain.hpp"
#include "unroll/ad/worlds.hpp"
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
/// Whether ∇f changes sign along itself near x: what Status::converged asks for.
bool solves_gradient_equation(const Oracle<Vector>& f, const Vector& x, const Vector& theta,
                              double tolerance);

/// Whether member I of the state of S is a variable on a tape, a multiplier say; another number, a step size
/// or a count, is none.
template <class S, std::size_t I>
consteval bool is_scalar_variable() {
  if constexpr (requires { members(std::declval<StateOf<S, VarVector>&>()); }) {
    using Members = decltype(members(std::declval<StateOf<S, VarVector>&>()));
    if constexpr (I < std::tuple_size_v<Members>)  // else it is another state: S serves plain arrays alone
      return std::is_same_v<std::tuple_element_t<I, Members>, Var&>;
  }
  return false;
}

/// Whether no array and no scalar variable of the state moved by more than the tolerance; lists are not
/// looked at.
template <class V, class S>
bool is_small_move_of_all(const StateOf<S, V>& now, const StateOf<S, V>& before, double tolerance) {
  bool small = true;
  const auto all = members(now), all_before = members(before);
  const auto look = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    const auto &a = std::get<I>(all), &b = std::get<I>(all_before);
    if constexpr (requires { a.rows(); }) {
      const auto &x = value_of(a), &y = value_of(b);
      small = small && is_small_move(x.data(), y.data(), x.size(), tolerance);
    } else if constexpr (is_scalar_variable<S, I>()) {
      const double y = value_of(a);
      small = small && std::abs(y - value_of(b)) <= tolerance * std::max(1.0, std::abs(y));
    }
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) { (look(std::integral_constant<std::size_t, I>{}), ...); }
  (std::make_index_sequence<std::tuple_size_v<decltype(all)>>{});
  return small;
}

/// Whether a state whose x step t left as it was stays at rest under the 15 steps before it, too, one after
/// another: of them another may be the one that moves it, in turn the blocks of x, or every second time x and
/// multipliers; or a step size or a list may move that is not looked at. There must have been as many.
template <class S>
bool rests(const Oracle<Vector>& f, const S& solver, const StateOf<S, Vector>& state, const Vector& theta,
           const PreparedOf<S, Vector>& prepared, Index t, double tolerance) {
  constexpr Index others = 15;
  if (t < others) return false;
  StateOf<S, Vector> now = state;
  for (Index i = 1; i <= others; ++i) {
    now = take_step<Vector, S>(solver, f, std::as_const(now), theta, t - i, prepared);
    if (!is_small_move_of_all<Vector, S>(now, state, tolerance)) return false;
  }
  return true;
}

/// What Status::converged asks for, of step t, from `state` to `next`.
template <class V, class S>
bool has_converged(const Oracle<V>& f, const S& solver, const StateOf<S, V>& state, const StateOf<S, V>& next,
                   const V& theta, const PreparedOf<S, V>& prepared, Index t, double tolerance) {
  const auto &now = iterate(next), &before = iterate(state);
  const auto &x = value_of(now), &previous = value_of(before);
  if (!was_accepted(next) || !is_small_move(x.data(), previous.data(), x.size(), tolerance)) return false;
  if (!solves<V, S>(solver, f, next, theta, tolerance)) return false;
  const bool stays = ad::are_equal(x.data(), previous.data(), x.size());
  constexpr Equation equation = declared_equation<S>();
  if (!f.problem().has_equation() || equation == Equation::fixed_point)
    return is_small_move_of_all<V, S>(next, state, tolerance) &&
           (!stays ||
            rests<S>(f.plain(), solver, convert_state<StateOf<S, Vector>>(next, numbers), value_of(theta),
                     convert_prepared<PreparedOf<S, Vector>>(prepared, numbers), t, tolerance));
  if (equation == Equation::automatic && !stays && is_small_move_of_all<V, S>(next, state, tolerance))
    return true;
  return solves_gradient_equation(f.plain(), x, value_of(theta), tolerance);
}

/// Whether no number of an array, its tangents aside, is infinite or NaN.
template <class V>
bool has_finite_entries(const V& x) {
  if constexpr (std::is_base_of_v<Eigen::EigenBase<V>, V>)
    return ad::are_finite(x.data(), x.size());
  else
    return ad::are_finite(x.block().data(), x.size());
}

/// How a run from its first step on ended.
inline Status whole_status(Status status, Index steps, Index accepted) {
  return status == Status::step_limit && steps > 0 && accepted == 0 ? Status::none_accepted : status;
}

struct Ignore {
  void operator()(Index, const auto&) const {}
};

/// The loop, once for every solver and for every kind of array V: see `resume`.
template <class V, class S, class Visit>
Run<StateOf<S, V>> loop(const Oracle<V>& f, const S& solver, StateOf<S, V> state, const V& theta,
                        const PreparedOf<S, V>& prepared, Index first, const SolveOptions& options,
                        Visit&& visit) {
  using State = StateOf<S, V>;
  constexpr bool is_plain = std::is_same_v<V, Vector>;
  Index accepted = 0, last = 0;
  std::optional<State> before;
  const auto ended = [&](Status status, Index steps) {
    return Run<State>{std::move(state), status, steps, accepted, last, std::move(before)};
  };
  for (Index t = first; t < options.steps; ++t) {
    State next = take_step<V, S>(solver, f, std::as_const(state), theta, t, prepared);
    check_same_shapes(next, state, t + 1);
    bool is_finite = true;
    for_each_of_iterate(next, [&](const auto& x) { is_finite = is_finite && has_finite_entries(x); });
    if (!is_finite) return ended(Status::non_finite, t);
    const bool converged = options.tolerance > 0 &&
                           has_converged<V, S>(f, solver, state, next, theta, prepared, t, options.tolerance);
    if (options.observer) {
      const auto& x = iterate(next);
      options.observer(t + 1, value_of(x));
    }
    if (was_accepted(next)) {
      ++accepted;
      if constexpr (is_plain) {
        const auto same = [](const auto& a, const auto& b) {
          return ad::are_equal(a.data(), b.data(), a.size());
        };
        if (!all_of_iterates(next, state, same)) {
          last = t + 1;
          before.emplace(std::move(state));
        }
      }
    }
    state = std::move(next);
    visit(t + 1, std::as_const(state));
    if (converged) return ended(Status::converged, t + 1);
  }
  return ended(Status::step_limit, std::max(first, options.steps));
}

}  // namespace detail

/// The loop on arrays V (Vector, DualVector, VarVector). Continues from `state`, that of step `first`, until
/// step options.steps: steps, stops, checks that iterates are finite, shows them to the observer.
/// `visit(t, state)` sees every state after `state`; the observer likewise. @throws ShapeError if the step
/// changes the shape of one of the state's arrays.
template <class V, class S, class Visit = detail::Ignore>
Run<StateOf<S, V>> resume(const Oracle<V>& f, const S& solver, StateOf<S, V> state, const V& theta,
                          Index first, const SolveOptions& options, Visit&& visit = {}) {
  if constexpr (require_solver<S, V>())
    return detail::loop<V, S>(f, solver, std::move(state), theta, prepare(solver, theta), first, options,
                              std::forward<Visit>(visit));
}

/// A run from the start: checks everything, then `resume` from initial_state(solver, x0). Observer and
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
    auto state = initial_state(solver, x0);
    visit(Index{0}, std::as_const(state));
    auto end = resume(f, solver, std::move(state), theta, 0, options, std::forward<Visit>(visit));
    end.status = detail::whole_status(end.status, end.steps, end.accepted);
    return end;
  }
}

}  // namespace unroll
