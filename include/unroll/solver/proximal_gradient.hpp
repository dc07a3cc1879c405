#pragma once

#include <algorithm>
#include <cmath>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/option_checks.hpp"
#include "unroll/solver/state.hpp"

namespace unroll {

namespace detail {

/// prox_{hψ}(v). @throws ShapeError, naming the sizes, if the term gives another number of entries.
template <class Term, class V>
V proximal_point(const Term& term, const V& v, double step_size, const V& theta) {
  constexpr bool is_term = ProxTerm<Term, V>;
  static_assert(is_term,
                "a prox term needs `template <class V> V operator()(const V& v, double step, const V& theta) "
                "const`, callable with plain, dual and taped arrays V");
  if constexpr (is_term) {  // (else it has been said)
    const V x = term(v, step_size, theta);
    check_image("prox: the term", x.size(), v.size());
    return x;
  } else {
    return v;
  }
}

/// Whether the step from x turns around within √tolerance · max(1, ‖x‖) on its way: a step of a small h moves
/// x little wherever x is. The way is ψ's own: along the boundary of a set, not off it. Two gradients.
template <class Term, class V>
bool turns(const Term& term, double step_size, const Oracle<V>& f, const V& x, const V& theta,
           double tolerance) {
  const Vector at = value_of(x), parameters = value_of(theta);
  const auto move = [&](const Vector& from) -> Vector {
    const Vector v = ad::displaced(from, -step_size, f.plain().gradient(from, parameters));
    return ad::displaced(proximal_point(term, v, step_size, parameters), -1, from);
  };
  const Vector here = move(at);
  const double length = here.stableNorm(), far = std::sqrt(tolerance) * std::max(1.0, at.stableNorm());
  if (!(length > 0)) {  // where x rests for every h, or h is too small to move it
    const double wider = far / f.plain().gradient(at, parameters).stableNorm();
    return !(wider > 2 * step_size) || !std::isfinite(wider) || turns(term, wider, f, x, theta, tolerance);
  }
  const Vector ahead = ad::displaced(at, far / length, here);
  const double back = move(proximal_point(term, ahead, tolerance * step_size, parameters)).dot(here / length);
  return !(back > 0);  // (f may be undefined there)
}

}  // namespace detail

/// Proximal gradient, forward–backward splitting (Lions & Mercier 1979; ISTA for ψ = λ‖·‖₁), for
/// min_x f(x, θ) + ψ(x, θ):
///   x_{t+1} = prox_{hψ}(x_t − h ∇f(x_t)).
/// Converges for h < 2/L where f is convex with an L-Lipschitz gradient and ψ is convex. h is frozen with
/// respect to θ; ψ may depend on θ.
template <class Term>
struct ProximalGradient {
  static constexpr Equation equation = Equation::fixed_point;  // see equation.hpp
  double step_size;                                            // h > 0
  Term term{};                                                 // ψ, see prox_terms.hpp

  /// @throws DomainError unless h is positive and finite.
  void check() const { detail::check_step_size("proximal gradient", step_size); }

  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V v = s.x - step_size * f.gradient(s.x, theta);
    return {detail::proximal_point(term, v, step_size, theta)};
  }
  /// ‖∂Φ‖ ≤ ‖I − hH‖ ≤ 1 − hℓ for h ≤ 1/L, as the prox of a convex ψ stretches nothing. See solver.hpp.
  double contraction(double smallest_eigenvalue) const { return 1 - step_size * smallest_eigenvalue; }
  /// See detail::turns, and solver.hpp.
  template <class V>
  bool solves(const Oracle<V>& f, const State<V>& s, const V& theta, double tolerance) const {
    return detail::turns(term, step_size, f, s.x, theta, tolerance);
  }
};

}  // namespace unroll
