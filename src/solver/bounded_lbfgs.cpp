#include "unroll/solver/bounded_lbfgs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "instantiate.hpp"
#include "two_loop.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/run.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {
namespace {

/// 1 where an entry is free to move, 0 where a bound holds it.
Vector free_entries(const Box& box, const Vector& x, const Vector& g) {
  Vector free(x.size());
  for (Index i = 0; i < x.size(); ++i)
    free[i] = (x[i] <= box.lower[i] && g[i] > 0) || (x[i] >= box.upper[i] && g[i] < 0) ? 0 : 1;
  return free;
}

/// What is at hand at x inside the box.
template <class V>
struct Inside {
  V gradient;   // ∇f, but ±1 for an entry that is infinite and held, whatever its size
  Vector free;  // see free_entries
};
template <class V>
Inside<V> look(const Box& box, const Oracle<V>& f, const V& x, const V& theta) {
  const V g = f.gradient(x, theta);
  const Vector numbers = value_of(g), free = free_entries(box, value_of(x), numbers);
  if (numbers.allFinite()) return {g, free};
  const Matrix kept = (numbers.array().isInf() && free.array() == 0).select(Vector(0 * free), 1.0);
  const Vector signs = numbers.array().sign();
  return {V(where(kept, g, V(signs))), free};
}

/// B_t g, from what the pairs are in the free entries.
template <class V>
V free_direction(const std::vector<V>& steps, const std::vector<V>& changes, const Vector& free, const V& g) {
  std::vector<V> s, y;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const V step = cwise_product(free, steps[i]), change = cwise_product(free, changes[i]);
    if (!is_curved(step, change)) continue;
    s.push_back(step);
    y.push_back(change);
  }
  return two_loop(s, y, V(cwise_product(free, g)));
}

/// The s at which x + s p is half way to the first bound that it meets.
template <class V>
scalar_t<V> half_way(const Box& box, const V& x, const V& p) {
  const Vector at = value_of(x), along = value_of(p);
  double first = std::numeric_limits<double>::infinity();
  Index met = 0;
  for (Index i = 0; i < at.size(); ++i) {
    if (along[i] == 0) continue;
    const double reach = ((along[i] > 0 ? box.upper[i] : box.lower[i]) - at[i]) / along[i];
    if (reach >= first) continue;
    first = reach;
    met = i;
  }
  if (std::isinf(first)) return scalar_t<V>(first);
  return 0.5 * (((along[met] > 0 ? box.upper[met] : box.lower[met]) - x[met]) / p[met]);
}

/// h p, h by the secant, from a second gradient inside the box; p where that shows no curvature, or where a
/// bound is at hand.
template <class V>
V secant_step(const SecantSearch& search, const Box& box, const Oracle<V>& f, const V& x, const V& g,
              const V& p, const V& theta) {
  using std::sqrt;
  const V unit = p / detail::size_of(value_of(p));
  const scalar_t<V> wished = search.reach * sqrt(1.0 + squared_norm(x)) / norm(unit),
                    most = half_way(box, x, unit);
  const scalar_t<V> s = value_of(wished) <= value_of(most) ? wished : most;
  if (!(value_of(s) > 0)) return p;
  const V there = look(box, f, V(x + s * unit), theta).gradient;
  const scalar_t<V> curvature = dot(unit, V(there - g)) / s;
  return value_of(curvature) > 0 ? V(scalar_t<V>(-dot(g, unit) / curvature) * unit) : p;
}

/// The first of 1, shrink, … at which Armijo's condition holds along the projected path of `full`; 0 where x
/// would stay. Where f cannot tell, slopes decide: see Armijo.
double projected_part(const Armijo& armijo, const Box& box, const Oracle<Vector>& f, const Vector& x,
                      const Vector& theta, const Vector& g, const Vector& full) {
  const double start = f.value(x, theta);
  if (!std::isfinite(start))
    throw NumericalError(fmt::format(
        "L-BFGS with bounds: f is {} at x; start where f is a number, or let the bounds leave out where it "
        "is none",
        start));
  // (An entry that stays has no part in a slope, whatever its gradient is.)
  const auto along = [](const Vector& gradient, const Vector& d) {
    return (d.array() == 0).select(0.0, gradient.cwiseProduct(d)).sum();
  };
  const double least = 1e-14 * x.norm();
  for (double h = armijo.first_step; h * full.norm() > least; h *= armijo.shrink) {
    const Vector next = box(Vector(x + h * full), 1, theta), d = next - x;
    if (!(d.norm() > least)) break;
    const double slope = along(g, d), change = f.value(next, theta) - start;
    if (!(slope < 0)) continue;
    const bool accepted = std::abs(change) <= 1e-10 * std::abs(start)
                              ? along(f.gradient(next, theta), d) <= (2 * armijo.decrease - 1) * slope
                              : change <= armijo.decrease * slope;
    if (accepted) return h;
  }
  return 0;
}

/// The least sᵀy/yᵀy of the pairs, one over the largest curvature that they saw, so that steps of it
/// contract; the first step where there is none.
template <class V>
double shortest_scale(const Lbfgs::State<V>& s, double first_step) {
  double least = s.steps.empty() ? first_step : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < s.steps.size(); ++i) {
    const Vector step = value_of(s.steps[i]), change = value_of(s.changes[i]);
    const double size = detail::size_of(change);
    least = std::min(least, step.dot(change / size) / (change / size).squaredNorm() / size);
  }
  return least;
}

}  // namespace

void BoundedLbfgs::check() const {
  detail::check_memory("L-BFGS with bounds", static_cast<double>(memory));
  search.check("L-BFGS with bounds");
  box(Vector(Vector::Zero(box.lower.size())), 1, Vector());  // what it says of its bounds
}

template <class V>
BoundedLbfgs::State<V> BoundedLbfgs::step(const Oracle<V>& f, const State<V>& s, const V& theta,
                                          Index t) const {
  const auto [g, free] = look(box, f, s.x, theta);
  State<V> next{s.x, s.x, g, s.steps, s.changes};
  remember_pair(next.steps, next.changes, V(s.x - s.previous), V(g - s.gradient), s.x, memory);
  const Vector at = value_of(s.x), numbers = value_of(g);
  if (!numbers.allFinite()) {
    next.x = V(s.x - g);  // of which the run says that it is not finite
    return next;
  }
  if (detail::is_stationary(free.cwiseProduct(numbers))) {
    next.x = detail::stationary_step("L-BFGS with bounds", f, s.x, g, theta, search.shorten.first_step, free);
    return next;
  }
  const V p = -free_direction(next.steps, next.changes, free, g);
  const V full = secant_step(search, box, f, s.x, g, p, theta);
  const double part =
      projected_part(search.shorten, box, f.plain(), at, value_of(theta), numbers, value_of(full));
  next.x = part > 0 ? box(V(s.x + part * full), 1, theta)
                    : detail::idle_step("L-BFGS with bounds", f, s.x, g, theta, t, search.shorten.first_step,
                                        free);
  return next;
}

template <class V>
bool BoundedLbfgs::solves(const Oracle<V>& f, const State<V>& s, const V& theta, double tolerance) const {
  const Vector x = value_of(s.x), at = value_of(theta);
  const Vector g = look(box, f.plain(), x, at).gradient;
  const double h = shortest_scale(s, search.shorten.first_step);
  const Vector next = box(Vector(x - h * g), 1, at);
  return detail::is_small_move(next.data(), x.data(), x.size(), tolerance);
}

template <class V>
BoundedLbfgs::State<V> BoundedLbfgs::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta,
                                                 Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return {step(f, s, theta, t).x, s.previous, s.gradient, s.steps, s.changes};
  } else {
    const auto plain = [](const std::vector<V>& arrays) {
      std::vector<Vector> values;
      for (const V& array : arrays) values.push_back(value_of(array));
      return values;
    };
    const State<Vector> now{value_of(s.x), value_of(s.previous), value_of(s.gradient), plain(s.steps),
                            plain(s.changes)};
    const Vector landed = step(f.plain(), now, value_of(theta), t).x;
    const double h = shortest_scale(s, search.shorten.first_step);
    const V there = box(V(s.x - h * look(box, f, s.x, theta).gradient), 1, theta);
    return {there + (landed - value_of(there)), s.previous, s.gradient, s.steps, s.changes};
  }
}

UNROLL_INSTANTIATE(BoundedLbfgs, BoundedLbfgs::State, step)
UNROLL_INSTANTIATE(BoundedLbfgs, BoundedLbfgs::State, frozen_step)
#define UNROLL_SOLVES(V) \
  template bool BoundedLbfgs::solves(const Oracle<V>&, const State<V>&, const V&, double) const;
UNROLL_SOLVES(Vector)
UNROLL_SOLVES(DualVector)
UNROLL_SOLVES(VarVector)
#undef UNROLL_SOLVES

}  // namespace unroll
