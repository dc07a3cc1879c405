#pragma once

#include <iostream>
#include <string>

namespace unroll::test {

/// Whether the rest of a test case cannot run here. It says so, and CTest reports the whole source as
/// skipped: what needs the missing thing has a source of its own.
inline bool skipped(bool missing, const std::string& reason) {
  if (missing) std::cout << "skipped: " << reason << std::endl;
  return missing;
}

}  // namespace unroll::test
