#include "unroll/solver/nesterov.hpp"

namespace unroll {

Nesterov Nesterov::optimal(double smallest_eigenvalue, double largest_eigenvalue) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "nesterov");
  return {.step_size = 1 / largest_eigenvalue,
          .momentum = chebyshev_rate(smallest_eigenvalue, largest_eigenvalue)};
}

void Nesterov::check() const { detail::check_coefficients(coefficients(0), "nesterov"); }

}  // namespace unroll
