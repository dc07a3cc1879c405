#include "unroll/solver/heavy_ball.hpp"

#include <cmath>

namespace unroll {

HeavyBall HeavyBall::optimal(double smallest_eigenvalue, double largest_eigenvalue) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "heavy ball");
  const double rate = chebyshev_rate(smallest_eigenvalue, largest_eigenvalue);
  const double roots = std::sqrt(largest_eigenvalue) + std::sqrt(smallest_eigenvalue);
  return {.step_size = 4 / (roots * roots), .momentum = rate * rate};
}

void HeavyBall::check() const { detail::check_coefficients(coefficients(0), "heavy ball"); }

}  // namespace unroll
