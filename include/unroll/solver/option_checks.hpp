#pragma once

#include <string_view>

#include "unroll/types.hpp"

/// What solvers' check() is made of.
namespace unroll::detail {

/// @throws DomainError `method: name is value, it must be wanted`, unless it holds.
void check_option(std::string_view method, std::string_view name, double value, std::string_view wanted,
                  bool holds);
/// @throws DomainError unless the step size is positive and finite.
void check_step_size(std::string_view method, double step_size);
/// @throws DomainError unless it is at least 1.
void check_memory(std::string_view method, double memory);
/// @throws ShapeError, naming the sizes, unless a user's function gave as many entries as it took.
void check_image(std::string_view function, Index given, Index taken);

}  // namespace unroll::detail
