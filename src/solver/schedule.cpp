#include "unroll/solver/schedule.hpp"

#include <fmt/core.h>

#include <cmath>

#include "unroll/error.hpp"
#include "unroll/solver/option_checks.hpp"

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

std::string divergence_warning(const MomentumCoefficients& c, double largest_eigenvalue) {
  const double reach = (1 + 2 * c.extrapolation) * largest_eigenvalue;
  const double limit = 2 * (1 + c.momentum) / reach;
  if (c.step_size * reach >= 2 * (1 + c.momentum)) {
    return fmt::format(
        "the step size {} is not below {}, beyond which the largest eigenvalue, {}, makes the "
        "iteration diverge",
        c.step_size, limit, largest_eigenvalue);
  }
  const double at_largest = c.momentum - c.extrapolation * c.step_size * largest_eigenvalue;
  if (std::abs(c.momentum) >= 1 || std::abs(at_largest) >= 1)
    return fmt::format("the momentum {} does not die out: it must be below 1", c.momentum);
  return {};
}

double chebyshev_rate(double smallest_eigenvalue, double largest_eigenvalue) {
  const double root_l = std::sqrt(smallest_eigenvalue), root_L = std::sqrt(largest_eigenvalue);
  return (root_L - root_l) / (root_L + root_l);
}

namespace detail {

void check_coefficients(const MomentumCoefficients& c, std::string_view method) {
  check_step_size(method, c.step_size);
  if (!std::isfinite(c.momentum) || !std::isfinite(c.extrapolation)) {
    throw DomainError(fmt::format("{}: the momentum is {}, it must be finite", method, c.momentum));
  }
}

}  // namespace detail
}  // namespace unroll
