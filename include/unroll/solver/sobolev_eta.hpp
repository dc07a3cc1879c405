#pragma once

#include <string>

#include "unroll/problem/cost.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/solver/sobolev.hpp"

namespace unroll {

/// An η for the Sobolev-optimal method, and what it took.
struct EtaEstimate {
  double eta;
  Cost cost;             // every second-order direction counts as a Hessian-vector product
  std::string fallback;  // empty; or why η is L², a guess of the right unit
};

/// Estimates η = ‖M(x_0) − M(x*)‖²/‖∂x* − ∂x_0‖² (see Sobolev; M = ∂²f/∂x∂θ, so that M(x_0) − M(x*) =
/// ∂H(x_0 − x*) on a quadratic) without x* and ∂x*, from gradients, mixed derivatives and Hessian-vector
/// products, and puts it on the safe side.
///
/// *What is safe.* ∫P² and ∫P'² are weighed at all of [ℓ, L] alike, the instance has its components where it
/// has them. A larger η lowers P' everywhere and delays the decay of P hardly: ten times the exact η lowers
/// the peak of the Jacobian's error, a tenth raises it up to fourfold, and only from 10⁴ times on are the
/// steps 20 % more. So the estimate is multiplied by 10, and errors that make it larger are harmless.
///
/// *How it is estimated.* In one Krylov space of H, by Galerkin's condition. The space starts at
/// g = ∇f(z) and at M(z) for a base point z: x̂ = z − V (VᵀHV)⁻¹ Vᵀg, then Ĵ = −V (VᵀHV)⁻¹ Vᵀ M(x̂), and the
/// part of M(x̂) outside the space takes one exact line search for −H⁻¹ of it, a lower bound. ‖Ĵ‖ then errs
/// downwards and η upwards.
/// z decides about the error. A distant x_0 as the base brings its own size into the error of x̂, which H⁻¹
/// enlarges in Ĵ once more: η ends too small, by many orders. Where f has a regulariser centred at 0, as
/// ridge and logistic regression have, M(0) = 0 and the space of ∇f(0) holds x* and ∂x* themselves; it holds
/// no part of x_0, nor of the null space of the data. So z = 0, unless f is smaller at x_0 (by the
/// trapezoidal rule for f(x_0) − f(0) = ∫∇f, exact for a quadratic) or ∇f(0) is not finite. The space grows
/// to 16 directions for each starting vector, and no further where doubling it has changed η by less than a
/// factor e.
///
/// *More than one θ.* ‖·‖_F² of the n×p matrices is their mean over p orthogonal directions; beyond p = 4,
/// over four random ones of ±1 entries, always the same (Hutchinson 1990). So the cost does not grow with p.
///
/// *Cost.* With q = min(p, 4): 2 gradients, at most 16(1 + q) + 10q second-order directions, 42 for p = 1,
/// and fewer where n is smaller.
///
/// *How well it does.* TODO
///
/// *Beyond quadratics* H is frozen at z, and all of this is a heuristic.
/// Where something is not finite, H has no positive curvature in the space, or M(x̂) = ∂x_0 = 0, η is L²,
/// and `fallback` says why.
///
/// @throws ShapeError, DomainError as check_point, and if dx0 is not n×p or [ℓ, L] is no spectrum
/// (check_spectrum).
EtaEstimate automatic_eta(const Problem& problem,
                          const Vector& x0,          // n
                          const Vector& theta,       // p
                          const Spectrum& spectrum,  // of H
                          const Matrix& dx0 = {});   // n×p, ∂x_0(θ); empty: 0

/// The method for a start: `alpha` and [ℓ, L] as given, η = automatic_eta. @throws as these.
Sobolev automatic_sobolev(const Problem& problem, const Vector& x0, const Vector& theta,
                          const Spectrum& spectrum, const Matrix& dx0 = {}, double alpha = 0.5);

}  // namespace unroll
