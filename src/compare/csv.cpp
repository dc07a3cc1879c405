#include "unroll/compare/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "unroll/error.hpp"

namespace unroll {
namespace {

/// Where a message points: file, line and column, the last two counted from 1.
struct Place {
  std::string_view source;
  std::size_t line = 0;
  std::size_t column = 0;      // 0: the line as a whole
  std::string_view name = {};  // of the column
};

/// A cell as it may stand in a one-line message: printable and not longer than 40 bytes.
std::string shown(std::string_view cell) {
  std::string text(cell.substr(0, 40));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return cell.size() > 40 ? text + "..." : text;
}

[[noreturn]] void fail(const Place& place, std::string_view what) {
  std::string where = fmt::format("{}: line {}", place.source, place.line);
  if (place.column > 0) where += fmt::format(", column {}", place.column);
  if (!place.name.empty()) where += fmt::format(" ({})", shown(place.name));
  throw DataError(fmt::format("{}: {}", where, what));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The lines of a text without their ends (LF or CRLF), without a byte order mark and without blank lines at
/// the end.
std::vector<std::string_view> split_lines(std::string_view text) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!lines.empty() && trimmed(lines.back()).empty()) lines.pop_back();
  return lines;
}

/// Takes one cell off the front of `rest`; a comma after it is taken too and reported by `more`.
std::string take_cell(std::string_view& rest, bool& more, const Place& place) {
  std::string cell;
  const std::size_t first = rest.find_first_not_of(" \t");
  if (first != std::string_view::npos && rest[first] == '"') {
    rest.remove_prefix(first + 1);
    for (;; cell += '"') {  // a doubled quote is one quote of the cell
      const std::size_t quote = rest.find('"');
      if (quote == std::string_view::npos) fail(place, "a quote is opened and not closed on this line");
      cell += rest.substr(0, quote);
      rest.remove_prefix(quote + 1);
      if (rest.empty() || rest.front() != '"') break;
      rest.remove_prefix(1);
    }
    if (!trimmed(rest.substr(0, rest.find(','))).empty()) {
      fail(place, "text after the closing quote (cells are separated by commas)");
    }
  } else {
    cell = trimmed(rest.substr(0, rest.find(',')));
  }
  const std::size_t comma = rest.find(',');
  more = comma != std::string_view::npos;
  rest = more ? rest.substr(comma + 1) : std::string_view{};
  return cell;
}

std::vector<std::string> split_cells(std::string_view line, std::string_view source, std::size_t number) {
  if (line.find('\r') != std::string_view::npos)
    fail({source, number}, "a carriage return in the middle of the line");
  std::vector<std::string> cells;
  for (bool more = true; more;) cells.push_back(take_cell(line, more, {source, number, cells.size() + 1}));
  return cells;
}

/// The double that the whole of `cell` spells, or the reason why there is none.
std::pair<std::optional<double>, std::string> to_number(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.empty()) return {std::nullopt, "the cell is empty"};
  const bool plus = cell.size() > 1 && cell[0] == '+' && cell[1] != '-';  // from_chars knows no leading plus
  const char* const first = cell.data() + (plus ? 1 : 0);
  const char* const last = cell.data() + cell.size();
  double value = 0;
  const auto [end, status] = std::from_chars(first, last, value);
  if (status == std::errc::result_out_of_range && end == last) {
    return {std::nullopt, fmt::format("'{}' is outside the range of a double", shown(cell))};
  }
  if (status != std::errc{} || end != last)
    return {std::nullopt, fmt::format("'{}' is not a number", shown(cell))};
  if (!std::isfinite(value)) return {std::nullopt, fmt::format("'{}' is not a finite number", shown(cell))};
  return {value, {}};
}

std::string read_text(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    throw DataError(fmt::format("{}: no such file", path.string()));
  std::ifstream in(path, std::ios::binary);
  if (std::filesystem::is_directory(path, ignored) || !in) {
    throw DataError(fmt::format("{}: cannot be read as a file", path.string()));
  }
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void check_header(const std::vector<std::string>& names, std::string_view source) {
  if (std::all_of(names.begin(), names.end(),
                  [](const auto& name) { return to_number(name).first.has_value(); })) {
    fail({source, 1}, "a header row with column names is expected, only numbers are there");
  }
}

void check_row(const std::vector<std::string>& cells, const std::vector<std::string>& names,
               const Place& place) {
  if (cells.size() == names.size()) return;
  const bool missing = cells.size() < names.size();
  const std::size_t column = std::min(cells.size(), names.size()) + 1;
  const std::string counts = fmt::format("the row has {} cells, the header {}", cells.size(), names.size());
  fail({place.source, place.line, column, missing ? std::string_view(names[column - 1]) : std::string_view{}},
       fmt::format("{} cell: {}", missing ? "missing" : "surplus", counts));
}

}  // namespace

CsvTable parse_csv(std::string_view text, std::string_view source) {
  const std::vector<std::string_view> lines = split_lines(text);
  if (lines.empty()) throw DataError(fmt::format("{}: the file is empty", source));
  CsvTable table;
  table.names = split_cells(lines[0], source, 1);
  check_header(table.names, source);
  if (lines.size() == 1) fail({source, 2}, "no rows, the file holds only a header");

  table.values.resize(static_cast<Index>(lines.size()) - 1, static_cast<Index>(table.names.size()));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (trimmed(lines[i]).empty()) fail({source, i + 1, 1, table.names[0]}, "the line is blank");
    const std::vector<std::string> cells = split_cells(lines[i], source, i + 1);
    check_row(cells, table.names, {source, i + 1});
    for (std::size_t j = 0; j < cells.size(); ++j) {
      const auto [value, reason] = to_number(cells[j]);
      if (!value) fail({source, i + 1, j + 1, table.names[j]}, reason);
      table.values(static_cast<Index>(i) - 1, static_cast<Index>(j)) = *value;
    }
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) { return parse_csv(read_text(path), path.string()); }

std::vector<std::vector<std::string>> read_csv_cells(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  const std::vector<std::string_view> lines = split_lines(text);
  if (lines.empty()) throw DataError(fmt::format("{}: the file is empty", path.string()));
  std::vector<std::vector<std::string>> rows;
  for (const std::string_view line : lines) {
    rows.push_back(split_cells(line, path.string(), rows.size() + 1));
    check_row(rows.back(), rows.front(), {path.string(), rows.size()});
  }
  return rows;
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (cell.find_first_of("\r\n") != std::string::npos)
      throw DataError(fmt::format("a cell of a CSV holds a line break: '{}'", shown(cell)));
    if (!line.empty() || &cell != cells.data()) line += ',';
    if (cell.find_first_of(",\"") == std::string::npos && trimmed(cell) == cell) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

Vector read_numbers(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  const std::vector<std::string_view> lines = split_lines(text);
  if (lines.empty()) throw DataError(fmt::format("{}: the file is empty", path.string()));
  Vector numbers(static_cast<Index>(lines.size()));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto [value, reason] = to_number(lines[i]);
    if (!value) fail({path.string(), i + 1, 1}, reason + " (one number per line is expected)");
    numbers[static_cast<Index>(i)] = *value;
  }
  return numbers;
}

}  // namespace unroll
