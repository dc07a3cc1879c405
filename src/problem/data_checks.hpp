#pragma once

#include <string_view>

#include "unroll/types.hpp"

/// What the ready-made problems ask of their data.
namespace unroll {

/// @throws ShapeError if A is empty or y has not as many entries as A rows, DomainError naming an entry that
/// is not finite.
void check_data(const Matrix& a, const Vector& y, std::string_view problem);
/// @throws DomainError unless θ_0 is positive and finite.
void check_positive(const Vector& theta, std::string_view problem);

}  // namespace unroll
