#include "unroll/solver/schedule.hpp"

#include <fmt/core.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll {

void check_spectrum(double smallest_eigenvalue, double largest_eigenvalue, std::string_view method) {
  const double l = smallest_eigenvalue, L = largest_eigenvalue;
  if (!std::isfinite(l) || !std::isfinite(L)) {
    throw DomainError(fmt::format("{}: the spectrum [{}, {}] is not finite", method, l, L));
  }
  if (l <= 0) {
    throw DomainError(
        fmt::format("{}: the smallest eigenvalue is {}, it must be positive: the method needs a strongly "
                    "convex objective",
                    method, l));
  }
  if (l > L) {
    throw DomainError(
        fmt::format("{}: the smallest eigenvalue {} is larger than the largest, {}", method, l, L));
  }
}

double chebyshev_rate(double smallest_eigenvalue, double largest_eigenvalue) {
  const double root_l = std::sqrt(smallest_eigenvalue), root_L = std::sqrt(largest_eigenvalue);
  return (root_L - root_l) / (root_L + root_l);
}

namespace detail {

void check_coefficients(const MomentumCoefficients& c, std::string_view method) {
  if (!(c.step_size > 0) || std::isinf(c.step_size)) {
    throw DomainError(
        fmt::format("{}: the step size is {}, it must be positive and finite", method, c.step_size));
  }
  if (!std::isfinite(c.momentum) || !std::isfinite(c.extrapolation)) {
    throw DomainError(fmt::format("{}: the momentum is {}, it must be finite", method, c.momentum));
  }
}

}  // namespace detail
}  // namespace unroll
