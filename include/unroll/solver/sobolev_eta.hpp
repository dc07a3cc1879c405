#pragma once

#include <string>

#include "unroll/problem/cost.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/solver/sobolev.hpp"

namespace unroll {

/// An η for the Sobolev-optimal method, and what it took.
struct EtaEstimate {
  double eta;            // η, in units of λ²
  Cost cost;             // every second-order direction counts as a Hessian-vector product
  std::string fallback;  // empty; or why η is L², a guess of the right unit
};

/// Estimates η = ‖M(x_0) − M(x*)‖²/‖∂x* − ∂x_0‖² (see Sobolev; M = ∂²f/∂x∂θ, so that M(x_0) − M(x*) =
/// ∂H(x_0 − x*) on a quadratic) without x* and ∂x*, from gradients, mixed derivatives and Hessian-vector
/// products, and puts it on the safe side.
///
/// *What is safe.* The method weighs P² and P'² alike over all of [ℓ, L]; an instance has its components on
/// particular eigenvalues. A larger η lowers P' everywhere and hardly delays the decay of P: on the grid
/// below a tenth of the exact η raises the peak of the Jacobian's error up to 3.6-fold, ten times the exact η
/// lowers it, for 1 % more steps, and only from 10⁴ times on do steps grow by more than 20 %. So the estimate
/// is multiplied by 10, and is made such that its own errors are upwards.
///
/// *How it is estimated.* By Galerkin's condition in a Krylov space V of H with a base point z, started at
/// ∇f(z) and M(z): x̂ = z − V (VᵀHV)⁻¹ Vᵀ∇f(z), then Ĵ = −V (VᵀHV)⁻¹ VᵀM(x̂). The part of M(x̂) outside V adds
/// one exact line search towards its −H⁻¹. Either is an orthogonal projection of the solution in the norm of
/// H: ‖Ĵ‖ errs downwards and η upwards, unless x̂ is wrong. It is if z is far: H⁻¹ enlarges the error of x̂ in
/// Ĵ once more, and η comes out too small by orders. With z = 0 and f regularised around 0 (ridge, logistic
/// regression) V holds x* and ∂x* and nothing of x_0 or of the data's null space. So z = 0; where f falls
/// from 0 to x_0 (by the trapezoidal rule for ∫∇f, exact for a quadratic), z = 0 and z = x_0 with half the
/// directions each, and the larger η, since a bad base makes it small; where the derivatives at 0 are not
/// finite, z = x_0. V grows to 16 directions for each starting vector, and no further once doubling it has
/// changed η by less than a factor e.
///
/// *More than one θ.* ‖·‖_F² of an n×p matrix is taken over all p columns, beyond p = 4 over its products
/// with four fixed vectors of entries ±1 (Hutchinson 1990). So the cost does not grow with p.
///
/// *Cost.* At most 2 gradients and, with q = min(p, 4), 16 + 26q second-order directions: 42 for p = 1, fewer
/// where n is small.
///
/// *How well it does.* A case passes if the peak of the Jacobian's error is at most max(1.5, that of the
/// exact η) and the error falls to 10⁻³ within 1.2 times the steps. Ridge, 39 data sets (the bundled five;
/// seventeen kinds of random ones twice: Gaussian, fewer rows than columns, singular values over up to 5
/// decades, scaled columns, outlying columns, factors, monomials, n up to 300) × 5 θ from 10⁻⁴ to 1 × 13
/// starts (0, ones and normal times 0.1 … 100): all 2535 pass. Starts near x*, −x*, ½x*, 2x*: 1159 of 1170,
/// the others for steps (1.5 times at worst). 480 quadratics that do not commute, p = 1 … 30: all. Logistic
/// regression, 168 cases: 165, the others' peaks up to 4 % higher than the exact η's, with L taken at x* and
/// exceeded on the way.
///
/// *Beyond quadratics* H is frozen at z, and all of this is a heuristic. Where something is not finite, H is
/// not positive definite in V, or Ĵ = ∂x_0, η is L², of the right unit, and `fallback` says why.
///
/// @throws ShapeError, DomainError as check_point, if dx0 is not n×p or not finite, or if [ℓ, L] is no
/// spectrum (check_spectrum).
EtaEstimate automatic_eta(const Problem& problem,
                          const Vector& x0,          // n
                          const Vector& theta,       // p
                          const Spectrum& spectrum,  // of H
                          const Matrix& dx0 = {});   // n×p, ∂x_0(θ); empty: 0

/// The method for a start: `alpha` and [ℓ, L] as given, η = automatic_eta. @throws as these.
Sobolev automatic_sobolev(const Problem& problem, const Vector& x0, const Vector& theta,
                          const Spectrum& spectrum, const Matrix& dx0 = {}, double alpha = 0.5);

}  // namespace unroll
