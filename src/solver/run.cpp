#include "unroll/solver/run.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "unroll/error.hpp"

namespace unroll {
namespace {

void check_vector(std::string_view operation, const char* name, const Vector& v, Index size, const char* of) {
  if (v.size() != size) {
    throw ShapeError(
        fmt::format("{}: {} has {} entries, the problem has {} {}", operation, name, v.size(), size, of));
  }
  for (Index i = 0; i < size; ++i) {
    if (!std::isfinite(v[i])) {
      throw DomainError(fmt::format("{}: {}[{}] is {}, it must be finite", operation, name, i, v[i]));
    }
  }
}

}  // namespace

void check_point(const Problem& problem, const Vector& x, const Vector& theta, std::string_view operation) {
  check_vector(operation, "x", x, problem.dimension(), "variables");
  check_vector(operation, "theta", theta, problem.parameters(), "parameters");
  problem.check_domain(theta);
}

void check_options(const SolveOptions& options) {
  if (options.steps < 0)
    throw DomainError(fmt::format("solve: steps is {}, it must not be negative", options.steps));
  if (!(options.tolerance >= 0) || std::isinf(options.tolerance)) {
    throw DomainError(
        fmt::format("solve: tolerance is {}, it must be finite and not negative", options.tolerance));
  }
}

namespace detail {

void check_first(Index entries, Index n) {
  if (entries != n)
    throw ShapeError(fmt::format(
        "solve: init made x of {} entries from x0 of {} (the member x is the iterate, or else all arrays)",
        entries, n));
}

bool is_small_move(const double* x, const double* previous, Index n, double tolerance) {
  const Eigen::Map<const Vector> now(x, n), before(previous, n);
  const double moved = (now - before).stableNorm(), size = now.stableNorm();
  return std::isfinite(moved) && std::isfinite(size) && moved <= tolerance * std::max(1.0, size);
}

namespace {

void check_member_shape(Index step, Index member, Index rows, Index cols, Index rows_before,
                        Index cols_before) {
  if (rows == rows_before && cols == cols_before) return;
  throw ShapeError(fmt::format("solve: step {} made member {} of the state{} {}x{}, it was {}x{}", step,
                               member + 1, member == 0 ? " (x)" : "", rows, cols, rows_before, cols_before));
}

constexpr int directions_looked_along = 3;
constexpr double rounding_of_gradients = 1e-6;

/// Whether ∇f changes sign along itself near x: what Status::converged asks for.
bool solves_gradient_equation(const Oracle<Vector>& f, const Vector& x, const Vector& theta,
                              double tolerance) {
  const Vector g = f.gradient(x, theta);
  const double slope = g.stableNorm();
  if (slope == 0) return true;
  if (!std::isfinite(slope)) return false;
  const double reach = std::sqrt(tolerance) * std::max(1.0, x.stableNorm());
  const Vector first = g / slope, there = f.gradient(x - reach * first, theta);
  // A root's F need not turn: it changes by more on that way than it is.
  if (!f.problem().has_objective()) return (there - g).stableNorm() >= slope;
  // The steepest entries hide the others: so on along conjugate directions (Hestenes & Stiefel 1952).
  Vector from = x, left = g, direction = g, along = first, next = there;
  for (int looked = 1;; ++looked) {
    const double now = left.dot(along), then = next.dot(along);
    if (!(then <= 0)) return false;
    if (looked == directions_looked_along) return true;
    const double part = now / (now - then), before = left.stableNorm();
    from -= part * reach * along;
    left += part * (next - left);
    const double ratio = left.stableNorm() / before;
    if (!(left.stableNorm() > rounding_of_gradients * slope)) return true;
    direction = left + ratio * ratio * direction;
    along = direction.stableNormalized();
    next = f.gradient(from - reach * along, theta);
  }
}

Numbers numbers_of(const Vector& x) { return {x.data(), x.size(), 1}; }
template <class V>
Numbers numbers_of(const V& x) {
  return {x.block().data(), x.size(), 1};
}

bool are_equal(const Numbers& a, const Numbers& b) {
  return a.rows == b.rows && a.cols == b.cols && ad::are_equal(a.data, b.data, a.size());
}
bool is_small_move(const Numbers& x, const Numbers& previous, double tolerance) {
  return detail::is_small_move(x.data, previous.data, x.size(), tolerance);
}

/// Whether same(part, part before) holds for all members that are arrays or numbers; lists are not looked at,
/// as they may grow.
template <class V, class F>
bool all_members(const AnyState<V>& state, const AnyState<V>& before, F&& same) {
  auto then = before.parts().begin();
  for (const Part<V>& part : state.parts()) {
    if (part.is_listed) continue;
    while (then->is_listed) ++then;
    if (!same(part, *then++)) return false;
  }
  return true;
}

}  // namespace

template <class V>
void check_same_shapes(const AnyState<V>& state, const AnyState<V>& before, Index step) {
  all_members(state, before, [&](const Part<V>& now, const Part<V>& then) {
    if (!now.is_array()) return true;
    const Numbers a = now.numbers(), b = then.numbers();
    check_member_shape(step, now.place.member, a.rows, a.cols, b.rows, b.cols);
    return true;
  });
}

template void check_same_shapes(const AnyState<VarVector>&, const AnyState<VarVector>&, Index);

namespace {

/// Of the iterate, the tangents aside.
template <class V>
bool is_finite(const AnyState<V>& state) {
  for (const Part<V>& part : state.parts()) {
    if (!part.place.of_iterate || !part.is_array()) continue;
    const Numbers x = part.numbers();
    if (!ad::are_finite(x.data, x.size())) return false;
  }
  return true;
}

template <class V>
bool has_same_iterate(const AnyState<V>& state, const AnyState<V>& before) {
  return all_members(state, before, [](const Part<V>& now, const Part<V>& then) {
    return !now.place.of_iterate || !now.is_array() || are_equal(now.numbers(), then.numbers());
  });
}

/// Whether no array and no scalar variable of the state moved by more than the tolerance.
template <class V>
bool is_small_move_of_all(const AnyState<V>& state, const AnyState<V>& before, double tolerance) {
  return all_members(state, before, [&](const Part<V>& now, const Part<V>& then) {
    if (now.is_array()) return is_small_move(now.numbers(), then.numbers(), tolerance);
    const double x = now.is_variable ? now.number() : 0, y = now.is_variable ? then.number() : 0;
    return std::abs(x - y) <= tolerance * std::max(1.0, std::abs(x));
  });
}

/// Whether a state whose x step t left as it was stays at rest under the 15 steps before it, too, one after
/// another: of them another may be the one that moves it, in turn the blocks of x, or every second time x and
/// multipliers; or a step size or a list may move that is not looked at. There must have been as many.
bool rests(const Stepping<Vector>& stepping, const AnyState<Vector>& state, Index t, double tolerance) {
  constexpr Index others = 15;
  if (t < others) return false;
  StatePtr<Vector> now = state.copy(), next;
  for (Index i = 1; i <= others; ++i) {
    stepping.solver.step(stepping.f, *now, stepping.theta, t - i, stepping.prepared, next);
    if (!is_small_move_of_all(*next, state, tolerance)) return false;
    std::swap(now, next);
  }
  return true;
}
template <class V>
bool rests(const Stepping<V>& stepping, const AnyState<V>& state, Index t, double tolerance) {
  const Vector theta = value_of(stepping.theta);
  const Oracle<Vector> f = stepping.f.plain();
  const SolverIn<Vector>& solver = stepping.solver.plain();
  const auto prepared = solver.prepare(theta);
  return rests({solver, f, theta, *prepared}, *stepping.solver.out_of(state), t, tolerance);
}

/// What Status::converged asks for, of step t, from `state` to `next`.
template <class V>
bool has_converged(const Stepping<V>& stepping, const AnyState<V>& state, const AnyState<V>& next, Index t,
                   double tolerance) {
  const auto& [solver, f, theta, prepared] = stepping;
  const V &now = next.iterate(), &before = state.iterate();
  if (!next.was_accepted() || !is_small_move(numbers_of(now), numbers_of(before), tolerance)) return false;
  if (!solver.solves(f, next, theta, tolerance)) return false;
  const bool stays = are_equal(numbers_of(now), numbers_of(before));
  const Equation equation = solver.equation();
  if (!f.problem().has_equation() || equation == Equation::fixed_point)
    return is_small_move_of_all(next, state, tolerance) && (!stays || rests(stepping, next, t, tolerance));
  if (equation == Equation::automatic && !stays && is_small_move_of_all(next, state, tolerance)) return true;
  return solves_gradient_equation(f.plain(), value_of(now), value_of(theta), tolerance);
}

}  // namespace

template <class V>
LoopEnd<V> loop(const Stepping<V>& stepping, StatePtr<V>& state, const Stretch& steps,
                const SolveOptions& options, const SeeState<V>& see) {
  constexpr bool is_plain = std::is_same_v<V, Vector>;
  LoopEnd<V> end{Status::step_limit, steps.first};
  StatePtr<V> next;
  for (Index t = steps.first; t < steps.end; ++t) {
    const bool is_new = t >= steps.known;
    try {
      stepping.solver.step(stepping.f, *state, stepping.theta, t, stepping.prepared, next);
    } catch (Error& error) {
      if (t > 0) error.add(fmt::format(" (in step {})", t + 1));  // (in the first: of the input, not the run)
      throw;
    }
    check_same_shapes(*next, *state, t + 1);
    if (!is_finite(*next)) {
      end.status = Status::non_finite;
      break;
    }
    if (is_new && options.tolerance > 0 && has_converged(stepping, *state, *next, t, options.tolerance))
      end.status = Status::converged;
    if (is_new && options.observer) options.observer(t + 1, value_of(next->iterate()));
    end.steps = t + 1;
    const bool accepted = next->was_accepted(), goes_on = !see || see(t + 1, *next, *state);
    if (accepted) ++end.accepted;
    if (is_plain && accepted && !has_same_iterate(*next, *state)) {
      end.last = t + 1;
      std::swap(end.before, state);
    }
    std::swap(state, next);
    if (!goes_on || end.status == Status::converged) break;
  }
  return end;
}
template LoopEnd<Vector> loop(const Stepping<Vector>&, StatePtr<Vector>&, const Stretch&, const SolveOptions&,
                              const SeeState<Vector>&);
template LoopEnd<DualVector> loop(const Stepping<DualVector>&, StatePtr<DualVector>&, const Stretch&,
                                  const SolveOptions&, const SeeState<DualVector>&);
template LoopEnd<VarVector> loop(const Stepping<VarVector>&, StatePtr<VarVector>&, const Stretch&,
                                 const SolveOptions&, const SeeState<VarVector>&);

}  // namespace detail
}  // namespace unroll
