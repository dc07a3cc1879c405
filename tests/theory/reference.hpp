#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace unroll::test {

/// The rows of a CSV file of tests/reference, its header left out. The files hold values of an independent
/// program.
inline std::vector<std::vector<std::string>> reference_rows(const std::string& name) {
  std::ifstream file(UNROLL_TESTS_DIR "/reference/" + name);
  REQUIRE_MESSAGE(file.is_open(), "missing: ", name);
  std::vector<std::vector<std::string>> rows;
  std::string line, cell;
  for (std::getline(file, line); std::getline(file, line);) {
    rows.emplace_back();
    for (std::istringstream cells(line); std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

}  // namespace unroll::test
