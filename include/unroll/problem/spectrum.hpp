#pragma once

#include <string>

#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// The ends of the spectrum of a Hessian.
struct Spectrum {
  double smallest;  // ℓ
  double largest;   // L
  /// κ = L/ℓ.
  double condition_number() const { return largest / smallest; }
};

/// The spectrum of a symmetric matrix, by a dense eigenvalue decomposition in O(n³).
/// @throws ShapeError unless H is square and not empty, DomainError if it is not finite or not symmetric,
/// NumericalError if the decomposition fails.
Spectrum spectrum(const Matrix& H);  // n×n

/// How `estimate_spectrum` goes about it, and what it is asked for.
struct SpectrumOptions {
  Index dense_up_to = 500;          // n up to which H is formed, by n Hessian-vector products
  double largest_accuracy = 1e-3;   // relative, of L
  double smallest_accuracy = 5e-2;  // relative, of ℓ
  Index most_products = 5000;       // Hessian-vector products after which Lanczos's method stops, about
};

/// The spectrum of a Hessian, and how well it is known: each error bounds the distance of the value from *an*
/// eigenvalue of H, by ‖Hv − λv‖ for the unit vector v found with it (by rounding, n ε L, where H was
/// formed). That it is the outermost one no number of products can prove, and it fails where the starting
/// vector has no component there; a value of Lanczos's method lies inside [ℓ, L], never outside.
struct SpectrumEstimate {
  Spectrum spectrum;      // [ℓ, L]
  double smallest_error;  // of ℓ
  double largest_error;   // of L
  Cost cost;              // what it took
  std::string warning;    // empty, or: an accuracy was not reached, or ℓ ≤ 0, that f is not convex at x
};

/// ℓ and L of H(x, θ): by a dense decomposition for small n, else by Lanczos's method on Hessian-vector
/// products (Spectra's implicitly restarted one: Sorensen 1992; Lehoucq, Sorensen & Yang 1998), always from
/// the same starting vector. ℓ is the harder one: it takes about √κ ln κ products, and more where eigenvalues
/// crowd around ℓ.
///
/// The values are *frozen* with respect to θ: plain numbers. A step size made from them is a constant in
/// forward mode, in reverse mode and in the closed forms alike, although H depends on θ; ∂x_t is then the
/// derivative of the iterates at fixed steps, and tends to ∂x* just so. For another x or θ estimate anew.
/// @throws ShapeError, DomainError as check_domain or for an option out of range, NumericalError if a product
/// is not finite.
SpectrumEstimate estimate_spectrum(const Problem& problem,
                                   const Vector& x,      // n
                                   const Vector& theta,  // p
                                   const SpectrumOptions& options = {});

}  // namespace unroll
