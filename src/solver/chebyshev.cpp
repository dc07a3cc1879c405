#include "unroll/solver/chebyshev.hpp"

#include <cmath>

namespace unroll {

MomentumCoefficients Chebyshev::coefficients(Index t) const {
  check();
  const double l = smallest_eigenvalue, L = largest_eigenvalue;
  if (is_single_eigenvalue(l, L)) return {0, 0, 1 / L};
  if (t == 0) return {0, 0, 2 / (L + l)};
  const double roots = std::sqrt(L) + std::sqrt(l);
  // Near 1 the rate carries its information in its distance from 1, which is 2√ℓ/(√L + √ℓ) without
  // cancellation.
  const double log_rate = std::log1p(-2 * std::sqrt(l) / roots);
  const double steps = static_cast<double>(t);
  const double ratio = (1 + std::exp(2 * steps * log_rate)) / (1 + std::exp((2 * steps + 2) * log_rate));
  const double omega = 2 * (L + l) / (roots * roots) * ratio;
  return {omega - 1, 0, 2 * omega / (L + l)};
}

void Chebyshev::check() const { check_spectrum(smallest_eigenvalue, largest_eigenvalue, "chebyshev"); }

}  // namespace unroll
