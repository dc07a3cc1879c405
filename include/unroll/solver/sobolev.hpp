#pragma once

#include "unroll/ad/operators.hpp"
#include "unroll/problem/oracle.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/sobolev_schedule.hpp"

namespace unroll {

/// The state of the Sobolev-optimal method, see SobolevCoefficients: five arrays, and the schedule, which
/// carries no derivative. A run goes on from a stored state.
template <class V>
struct SobolevState {
  V x;                       // n, the average of the ŝ: the iterate
  V gegenbauer;              // n, p̂_t
  V gegenbauer_previous;     // n, p̂_{t−1}
  V sobolev;                 // n, ŝ_t
  V sobolev_previous;        // n, ŝ_{t−1}
  SobolevSchedule schedule;  // of the step t → t + 1
};

/// One step, with the only gradient at p̂_t, not at x_t. Compiled in the library for the V it knows. The three
/// combinations are nested so that each grows in place, without one for every product.
template <class V>
SobolevState<V> sobolev_step(const Oracle<V>& f, const SobolevState<V>& s, const V& theta) {
  SobolevSchedule schedule = s.schedule;
  const SobolevCoefficients c = schedule.next();
  const double weight = 1 / (1 - c.coherence - c.sobolev);
  const double ratio = c.coherence == 0 ? 0 : c.sobolev / c.coherence;
  const V& p = s.gegenbauer_previous;
  const V gradient = f.gradient(s.gegenbauer, theta);
  V gegenbauer = p + c.gradient * ((c.gegenbauer / c.gradient) * (s.gegenbauer - p) + gradient);
  V sobolev = weight * (gegenbauer - c.coherence * (p + ratio * s.sobolev_previous));
  V x = s.x + c.average * (sobolev - s.x);
  return {std::move(x), std::move(gegenbauer), s.gegenbauer, std::move(sobolev), s.sobolev, schedule};
}

/// @cond instantiations
extern template SobolevState<Vector> sobolev_step(const Oracle<Vector>&, const SobolevState<Vector>&,
                                                  const Vector&);
extern template SobolevState<DualVector> sobolev_step(const Oracle<DualVector>&,
                                                      const SobolevState<DualVector>&, const DualVector&);
extern template SobolevState<VarVector> sobolev_step(const Oracle<VarVector>&, const SobolevState<VarVector>&,
                                                     const VarVector&);
/// @endcond

/// The Sobolev-optimal method (Scieur, Gidel, Bertrand & Pedregosa 2022, section 4): of all methods with one
/// gradient a step, the one of least ∫P² dμ + η∫P'² dμ, for the measure μ of SobolevMeasure. On a quadratic
/// whose ∂_iH commute with H,
///   ∂x_t − ∂x* = P_t(H) (∂x_0 − ∂x*) + P'_t(H) (∂_iH (x_0 − x*))_i,
/// so for η = ‖∂H(x_0 − x*)‖²/‖∂x_0 − ∂x*‖² the integrals are the expected squared error of the derivative,
/// where Chebyshev's method minimises P alone and its P' rises to a multiple of the start first. Elsewhere,
/// for ∂_iH that do not commute and for objectives that are not quadratic, it is a heuristic: nothing is
/// promised about the peak, and convergence, as of every method with momentum, rests on [ℓ, L] enclosing the
/// Hessian's spectrum along the run.
///
/// η: see sobolev_eta.hpp; too large is cheap, too small costs a peak. ℓ, L, η and all that follows from them
/// are frozen with respect to θ. Where L − ℓ ≤ 1e-14 L the method is the step 1/L.
struct Sobolev {
  static constexpr Equation equation = Equation::gradient;  // see equation.hpp
  SobolevMeasure measure;                                   // μ and η

  /// @throws DomainError as SobolevMeasure::check.
  void check() const { measure.check(); }

  template <class V>
  SobolevState<V> init(const V& x0) const {
    return {x0, x0, x0, x0, x0, SobolevSchedule(measure)};
  }
  template <class V>
  SobolevState<V> step(const Oracle<V>& f, const SobolevState<V>& s, const V& theta, Index) const {
    return sobolev_step(f, s, theta);
  }
};

}  // namespace unroll
