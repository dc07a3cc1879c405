#include "checks.hpp"

#include <fmt/format.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_product(const char* operation, const char* name, const Vector& vector, Index size) {
  if (vector.size() != size)
    throw ShapeError(fmt::format("{}: the {} has {} entries, not {}", operation, name, vector.size(), size));
  for (Index i = 0; i < size; ++i)
    if (!std::isfinite(vector[i]))
      throw DomainError(fmt::format("{}: {}[{}] is {}", operation, name, i, vector[i]));
}

}  // namespace unroll::detail
