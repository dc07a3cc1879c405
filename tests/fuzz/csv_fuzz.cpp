#include <fmt/format.h>

#include <algorithm>

#include "fuzz/fuzz.hpp"
#include "unroll/compare/csv.hpp"
#include "unroll/error.hpp"

// A CSV is read, or refused in one line; what was read is finite, and is read again from what it is written
// as.
namespace unroll::fuzz {
namespace {

std::string cell(Engine& engine) {
  static const std::vector<std::string> some = {"",
                                                "a",
                                                "b c",
                                                "1",
                                                "-2.5",
                                                "3e-7",
                                                "+4",
                                                "1e999",
                                                "-1e-999",
                                                "nan",
                                                "inf",
                                                "0x1p3",
                                                "1.",
                                                ".5",
                                                "--1",
                                                "+-1",
                                                "1e",
                                                "4,9",
                                                "\"4,9\"",
                                                "\"x\"",
                                                "\"\"",
                                                "\"\"\"",
                                                " 7 ",
                                                "\t8",
                                                "\" 9\"",
                                                "\"a\"b",
                                                "\"open",
                                                "1\r",
                                                "\xEF\xBB\xBF",
                                                "1;2",
                                                "\xC3\xA9",
                                                "00012",
                                                "1_000",
                                                "123456789012345678901234567890",
                                                "4.9406564584124654e-324",
                                                "1.7976931348623157e308"};
  if (below(engine, 8) != 0) return std::to_string(static_cast<double>(engine() % 2000) / 16 - 60);
  return one_of(engine, some);
}

CsvTable read(std::string_view text) { return parse_csv(text, "input"); }

}  // namespace

std::string draw(Engine& engine) {
  std::string text = below(engine, 16) == 0 ? "\xEF\xBB\xBF" : "";
  const std::size_t columns = 1 + below(engine, 5), rows = below(engine, 5);
  const std::string end = one_of<std::string>(engine, {"\n", "\n", "\r\n"});
  for (std::size_t j = 0; j < columns; ++j)
    text += (j > 0 ? "," : "") + (below(engine, 6) == 0 ? cell(engine) : fmt::format("name {}", j));
  for (std::size_t i = 0; i < rows; ++i) {
    text += end;
    const std::size_t length = below(engine, 20) == 0 ? below(engine, 7) : columns;
    for (std::size_t j = 0; j < length; ++j) text += (j > 0 ? "," : "") + cell(engine);
  }
  if (below(engine, 2) == 0) text += end;
  for (std::size_t changes = below(engine, 4); changes-- > 0 && !text.empty();) {
    const std::size_t at = below(engine, text.size());
    switch (below(engine, 3)) {
      case 0:
        text[at] = static_cast<char>(engine());
        break;
      case 1:
        text.erase(at, below(engine, 8));
        break;
      default:
        text.insert(at, one_of<std::string>(engine, {"\"", ",", "\n", "\r", " ", std::string(1, '\0')}));
    }
  }
  return text;
}

void examine(std::string_view input) {
  CsvTable table;
  try {
    table = read(input);
  } catch (const DataError& refused) {
    const std::string message = refused.what();
    require(message.starts_with("input: "), "the message does not name the file: " + message);
    require(
        std::none_of(message.begin(), message.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
        "the message is not one line");
    return;
  }
  require(
      table.values.rows() >= 1 && table.values.cols() == static_cast<Index>(table.names.size()),
      fmt::format("{} names, {}x{} values", table.names.size(), table.values.rows(), table.values.cols()));
  require(table.values.allFinite(), "a value is not finite");
  if (table.names[0].starts_with("\xEF\xBB\xBF"))
    return;  // at the beginning of a file it is no part of a name
  std::string text = csv_line(table.names);
  for (Index i = 0; i < table.values.rows(); ++i) {
    std::vector<std::string> cells;
    for (Index j = 0; j < table.values.cols(); ++j) cells.push_back(fmt::format("{}", table.values(i, j)));
    text += csv_line(cells);
  }
  const CsvTable again = read(text);
  require(again.names == table.names, "the names are not read as they were written");
  require(again.values == table.values, "the values are not read as they were written");
}

}  // namespace unroll::fuzz
