#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/types.hpp"

namespace unroll {

/// A numeric table with named columns.
struct CsvTable {
  std::vector<std::string> names;  // k
  Matrix values;                   // m×k
};

/// Reads a comma-separated file strictly: one header row of names, then at least one row, every cell a finite
/// number. Accepted: CRLF line ends, a missing or repeated newline at the end, a UTF-8 byte order mark,
/// quoted cells ("" is a quote inside quotes), blanks around a cell.
/// @throws DataError naming file, line and column: no such file, no header or no rows, a header of numbers
/// only, a row with too few or too many cells, a carriage return within a line, a cell that is empty, text,
/// not finite or outside the range of a double.
CsvTable read_csv(const std::filesystem::path& path);

/// read_csv for text already in memory; `source` stands for the file's name in error messages.
CsvTable parse_csv(std::string_view text, std::string_view source);

/// The cells of a file of text, line by line, the header row first; syntax as above.
/// @throws DataError if it cannot be read, is empty, or a row has too few or too many cells.
std::vector<std::vector<std::string>> read_csv_cells(const std::filesystem::path& path);

/// Cells as one line of CSV, ending in a newline; cells with a comma, a quote or outer blanks are quoted.
/// @throws DataError if a cell holds a line break.
std::string csv_line(const std::vector<std::string>& cells);

/// Reads a file of numbers, one per line and no header. @throws DataError as read_csv does.
Vector read_numbers(const std::filesystem::path& path);

}  // namespace unroll
