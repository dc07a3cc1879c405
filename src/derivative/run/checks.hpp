#pragma once

#include "unroll/types.hpp"

namespace unroll::detail {

/// @throws ShapeError unless `vector` has `size` entries, DomainError if one is not finite.
void check_product(const char* operation, const char* name, const Vector& vector, Index size);

}  // namespace unroll::detail
