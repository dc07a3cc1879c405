#pragma once

#include "unroll/compare/setup.hpp"

namespace unroll::test {

/// set_up with the project's own data sets.
inline Setup setup(SetupOptions options) {
  options.data_directory = UNROLL_DATA_DIR;
  return set_up(options);
}

}  // namespace unroll::test
