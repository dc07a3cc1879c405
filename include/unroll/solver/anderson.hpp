#pragma once

#include <vector>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

/// The fixed-point map x ↦ x − h ∇f(x).
struct GradientMap {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  double step_size;                                         // h > 0

  /// @throws DomainError unless the step size is positive and finite.
  void check() const { detail::check_step_size("gradient map", step_size); }
  template <class V>
  V operator()(const Oracle<V>& f, const V& x, const V& theta) const {
    return x - step_size * f.gradient(x, theta);
  }
};

namespace detail {

/// The last differences of residuals and of images, and what is left of the current pair.
template <class V>
struct AndersonWindow {
  V x, residual, image;              // n each: x_t; r_{t−1} and Φ(x_{t−1}), from the first step on
  std::vector<V> residuals, images;  // r_t − r_{t−1} and Φ(x_t) − Φ(x_{t−1}), the oldest first
};
/// Appends the differences, unless Δr is too short to be told from rounding, and keeps the last `memory`.
template <class V>
void push_differences(AndersonWindow<V>& window, const V& residual, const V& image, Index memory);
/// Φ(x) − Σ γ_i ΔΦ_i with γ = argmin ‖r − Σ γ_i Δr_i‖.
template <class V>
V mixed_image(const AndersonWindow<V>& window);

}  // namespace detail

/// Anderson acceleration (Anderson 1965; Walker & Ni 2011) of a fixed-point map Φ(x, θ), with r(x) = Φ(x) −
/// x:
///   x_{t+1} = Φ(x_t) − Σ_i γ_i ΔΦ_i,  γ = argmin ‖r(x_t) − Σ_i γ_i Δr_i‖
/// over the differences of the last `memory` steps, the newest first. The least squares are solved by
/// modified Gram–Schmidt, which is differentiated with the rest; a Δr of which less than 1e-8 is left is
/// dropped, as is one with ‖Δr‖ ≤ 1e-12 max(1, ‖x‖), which is rounding.
/// For a contraction Φ. `map` is a functor (f, x, theta) → Φ, a template over arrays V: the gradient step, or
/// yours (on NoObjective, if it asks for no gradient).
template <class Map = GradientMap>
struct Anderson {
  static constexpr Equation equation = declared_equation<Map>();  // see equation.hpp
  Map map;                                                        // Φ
  Index memory = 5;                                               // ≥ 1

  /// @throws DomainError unless memory ≥ 1, and what the map's own check() throws.
  void check() const {
    detail::check_memory("Anderson", static_cast<double>(memory));
    if constexpr (requires { map.check(); }) map.check();
  }

  template <class V>
  detail::AndersonWindow<V> init(const V& x0) const {
    return {x0, x0, x0, {}, {}};
  }
  template <class V>
  detail::AndersonWindow<V> step(const Oracle<V>& f, const detail::AndersonWindow<V>& s, const V& theta,
                                 Index t) const {
    detail::AndersonWindow<V> next = s;
    const V image = map(f, s.x, theta);
    detail::check_image("Anderson: the map", image.size(), s.x.size());
    const V residual = image - s.x;
    if (t > 0) detail::push_differences(next, residual, image, memory);
    next.residual = residual;
    next.image = image;
    next.x = detail::mixed_image(next);
    return next;
  }
  /// Φ(x_t): at the solution, where the differences vanish, it is Φ whose derivative says what x* depends on.
  template <class V>
  detail::AndersonWindow<V> frozen_step(const Oracle<V>& f, const detail::AndersonWindow<V>& s,
                                        const V& theta, Index) const {
    detail::AndersonWindow<V> next = s;
    next.x = map(f, s.x, theta);
    return next;
  }
};

}  // namespace unroll
