#pragma once

#include <string>
#include <vector>

namespace unroll {

/// Text in aligned columns for a terminal: the first column to the left, the others to the right, a rule
/// below the headings. A cell may hold UTF-8; each code point counts as one place.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  /// @throws ShapeError if there are not as many cells as headings.
  void add_row(std::vector<std::string> cells);

  /// The table, every line ending in a newline.
  std::string str() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the headings first
};

}  // namespace unroll
