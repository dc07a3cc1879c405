#pragma once

#include <string>
#include <vector>

namespace unroll {

/// Text in aligned columns for a terminal: the first column to the left, the others to the right, a rule
/// below the headings, a footnote below all. A cell may hold UTF-8; each code point counts as one place.
class Table {
 public:
  /// A table without rows.
  explicit Table(std::vector<std::string> headings);

  /// @throws ShapeError if there are not as many cells as headings.
  void add_row(std::vector<std::string> cells);

  /// One line that explains the cells, to stand below them; empty for none.
  void set_footnote(std::string text);

  /// The table, every line ending in a newline.
  std::string str() const;

  /// The headings, then the rows, for whoever shows them otherwise.
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  /// What set_footnote was given.
  const std::string& footnote() const { return footnote_; }

 private:
  std::vector<std::vector<std::string>> rows_;  // the headings first
  std::string footnote_;
};

}  // namespace unroll
