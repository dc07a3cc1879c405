#pragma once

#include <vector>

#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/theory/inverse_polynomial.hpp"
#include "unroll/theory/residual_polynomial.hpp"

/// How large a residual polynomial gets on an interval [ℓ, L] that holds the spectrum: the method's part of
/// the bounds in bounds.hpp.
namespace unroll {

/// Each max over [ℓ, L], or an upper bound of it.
struct PolynomialMaxima {
  double value;       // max |P_t|
  double derivative;  // max |P'_t|
  double difference;  // max |P_t − λP'_t|
  double
      matrix_derivative;  // c with ‖DP_t(H)[E]‖₂ ≤ c ‖E‖₂ for all symmetric E, and H with spectrum in [ℓ, L]
  double inverse;           // max |Q_t|, Q_t(λ) = (1 − P_t(λ))/λ
  double inverse_residual;  // max |P_t Q_t|
};

/// Exact: with ρ = max |1 − hλ|, value ρ^t, derivative h t ρ^{t−1}, difference max |1 − hλ|^{t−1}|1 +
/// (t−1)hλ|, inverse max |1 − (1 − hλ)^t|/λ, each at an end of the interval; by the product rule for
/// (I − hH)^t, matrix_derivative = derivative. inverse_residual is that of ℓ or, where 1 − hL < 0 and t is
/// even, may be a bound: |1 − hλ|^t(1 + |1 − hλ|^t)/λ at L.
/// @throws DomainError as check_spectrum and the method's check, or if t < 0.
PolynomialMaxima polynomial_maxima(const GradientDescent& method, double smallest_eigenvalue,
                                   double largest_eigenvalue, Index t);

/// Exact, on the method's own interval. With σ = (L + ℓ)/(L − ℓ) and T = T_t(σ): value 1/T, at both ends
/// derivative 2t²/((L − ℓ)T), and difference ((σ + 1)t² − 1)/T at L: in z = (L + ℓ − 2λ)/(L − ℓ) it is
/// |T_t(z) + (σ − z)T_t'(z)| ≤ |T_t − zT_t'| + σ|T_t'|, and both terms are largest at the ends, as T_t −
/// zT_t' has no positive and T_t' no negative coefficient in Chebyshev polynomials. matrix_derivative =
/// derivative: with x = cos a, y = cos b, T_t[x, y] = sin(t(a+b)/2)/sin((a+b)/2) · sin(t(a−b)/2)/sin((a−b)/2)
/// is a sum of t² products f(x)g(y) of modulus 1, so multiplying with it entry by entry does not increase
/// ‖·‖₂ by more than t². inverse (1 − 1/T)/ℓ and inverse_residual 1/T times that, both at ℓ: (T_t(σ) −
/// T_t(z))/(σ − z) has no negative coefficient in Chebyshev polynomials of z.
/// @throws DomainError as the method's check, unless its own interval is [ℓ, L] to 1e-6, or if t < 0.
PolynomialMaxima polynomial_maxima(const Chebyshev& method, double smallest_eigenvalue,
                                   double largest_eigenvalue, Index t);

/// The maxima of any method's polynomial, at most 1/cos(π/16) = 1.02 times too large: its values at N
/// Chebyshev points, N ≥ 8t, bound a polynomial of degree t everywhere by 1/cos(πt/(2N)) times the largest of
/// them (Ehlich & Zeller 1964); P_tQ_t is of degree 2t − 1, its maximum at most 1.09 times too large. Each
/// `advance` costs O(N).
class MaximaOnInterval {
 public:
  /// Starts at t = 0, for t up to `steps`. @throws DomainError as check_spectrum or if steps < 0, and what
  /// the method's check() throws.
  template <PolynomialMethod M>
  MaximaOnInterval(const M& method, double smallest_eigenvalue, double largest_eigenvalue, Index steps)
      : MaximaOnInterval(residual_recurrence(method), smallest_eigenvalue, largest_eigenvalue, steps) {}
  /// The same for a recurrence, derived or probed.
  MaximaOnInterval(Recurrence recurrence, double smallest_eigenvalue, double largest_eigenvalue, Index steps);

  /// From t to t + 1. @throws DomainError beyond `steps`.
  void advance();
  /// matrix_derivative is infinite: not known.
  PolynomialMaxima maxima() const;

 private:
  ResidualPolynomial polynomial_;
  InversePolynomial inverse_;
  Index steps_;
};

/// The maxima at t = 0 … steps, exact for the methods above.
template <PolynomialMethod M>
std::vector<PolynomialMaxima> maxima_history(const M& method, double smallest_eigenvalue,
                                             double largest_eigenvalue, Index steps) {
  std::vector<PolynomialMaxima> history;
  if constexpr (requires { polynomial_maxima(method, 1.0, 1.0, Index{}); }) {
    for (Index t = 0; t <= steps; ++t)
      history.push_back(polynomial_maxima(method, smallest_eigenvalue, largest_eigenvalue, t));
  } else {
    MaximaOnInterval on_interval(method, smallest_eigenvalue, largest_eigenvalue, steps);
    history.push_back(on_interval.maxima());
    for (Index t = 1; t <= steps; ++t) {
      on_interval.advance();
      history.push_back(on_interval.maxima());
    }
  }
  return history;
}

}  // namespace unroll
