#include "unroll/solver/quadratic_product.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll::detail {

bool has_curvature(std::string_view method, double squared_gradient, double curvature) {
  if (squared_gradient <= 1e-200) return false;
  if (curvature <= 0)
    throw NumericalError(
        fmt::format("{}: the curvature along the direction is {}, the Hessian is not positive definite",
                    method, curvature));
  return true;
}

}  // namespace unroll::detail
