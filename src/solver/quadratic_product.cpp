#include "unroll/solver/quadratic_product.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/error.hpp"

namespace unroll::detail {

double length_at(const Vector& x) { return std::max(1.0, x.norm()); }

void check_curvature(std::string_view method, double curvature) {
  if (curvature <= 0)
    throw NumericalError(
        fmt::format("{}: the curvature along the direction is {}, the Hessian is not positive definite",
                    method, curvature));
}

}  // namespace unroll::detail
