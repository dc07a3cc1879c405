#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "unroll/types.hpp"

namespace unroll {

/// What step t of a linear first-order method does, with x_{−1} = x_0:
///   y       = x_t + extrapolation (x_t − x_{t−1})
///   x_{t+1} = x_t + momentum (x_t − x_{t−1}) − step_size ∇f(y).
/// The coefficients are constants with respect to θ, also where they were computed from the spectrum of a
/// Hessian that depends on θ: step sizes are *frozen*.
struct MomentumCoefficients {
  double momentum;       // m
  double extrapolation;  // e
  double step_size;      // h
};

/// A method whose every step is given by its coefficients; on a quadratic it has a residual polynomial (see
/// theory/).
template <class M>
concept LinearMethod = requires(const M& method, Index t) {
  { method.coefficients(t) } -> std::same_as<MomentumCoefficients>;
};

/// @throws DomainError, naming the method and the reason, unless 0 < smallest ≤ largest < ∞.
void check_spectrum(double smallest_eigenvalue, double largest_eigenvalue, std::string_view method);

/// L − ℓ ≤ 1e-14 L: to rounding one eigenvalue, where every method of an interval degenerates to the step
/// 1/L.
inline bool is_single_eigenvalue(double smallest_eigenvalue, double largest_eigenvalue) {
  return largest_eigenvalue - smallest_eigenvalue <= 1e-14 * largest_eigenvalue;
}

/// Why these coefficients, at every step, do not converge on a quadratic whose Hessian has the largest
/// eigenvalue L; empty if they do. They do, for every eigenvalue in (0, L], if and only if
///   hL (1 + 2e) < 2 (1 + m)  and  |m − s e| < 1 for s = 0 and s = hL
/// with step size h, momentum m, extrapolation e: h < 2/L for gradient descent.
std::string divergence_warning(const MomentumCoefficients& coefficients, double largest_eigenvalue);

/// (√L − √ℓ)/(√L + √ℓ) = (√κ − 1)/(√κ + 1): the rate of Chebyshev's method, and √momentum of Polyak's heavy
/// ball.
double chebyshev_rate(double smallest_eigenvalue, double largest_eigenvalue);

namespace detail {
/// @throws DomainError unless the step size is positive and finite and the momentum finite.
void check_coefficients(const MomentumCoefficients& coefficients, std::string_view method);
}  // namespace detail

}  // namespace unroll
