#pragma once

#include <string_view>

namespace unroll {

/// @throws DataError, saying what would take how much and how much there is, if the machine has less than
/// these bytes of memory: asked before they are, as a system may hand out more than it has, and end the
/// process later.
void check_memory(std::string_view what, double bytes);

}  // namespace unroll
