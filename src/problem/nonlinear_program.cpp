#include "unroll/problem/nonlinear_program.hpp"

#include <fmt/format.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll {

void detail::check_constraint_bounds(const Vector& lower, const Vector& upper) {
  if (lower.size() != upper.size() || lower.size() < 1)
    throw ShapeError(
        fmt::format("make_nonlinear_program: {} lower bounds and {} upper", lower.size(), upper.size()));
  for (Index i = 0; i < lower.size(); ++i)
    if (!(lower[i] <= upper[i]) || (std::isinf(lower[i]) && lower[i] == upper[i]))
      throw DomainError(fmt::format("make_nonlinear_program: bounds of constraint {} are {} and {}", i,
                                    lower[i], upper[i]));
}

}  // namespace unroll
