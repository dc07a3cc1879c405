#include "unroll/compare/csv.hpp"

#include <doctest/doctest.h>

#include "support/temporary_directory.hpp"
#include "support/texts.hpp"
#include "unroll/error.hpp"

using namespace unroll;
using test::message_of;

namespace {
std::string failure(std::string_view text) {
  return message_of<DataError>([&] { parse_csv(text, "data.csv"); });
}
}  // namespace

TEST_CASE("a csv file is read with its names and every digit") {
  const CsvTable table = parse_csv("a,b,c\n1,-2.5,3e-7\n+4,0.1,6\n", "data.csv");
  CHECK(table.names == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(table.values.rows() == 2);
  REQUIRE(table.values.cols() == 3);
  CHECK(table.values(0, 1) == -2.5);
  CHECK(table.values(0, 2) == 3e-7);
  CHECK(table.values(1, 0) == 4);
  CHECK(table.values(1, 1) == 0.1);
}

TEST_CASE(
    "line ends, a missing last newline, blank lines at the end, a byte order mark and blanks make no "
    "difference") {
  const Matrix plain = parse_csv("a,b\n1,2\n3,4\n", "data.csv").values;
  for (const char* text : {"a,b\n1,2\n3,4", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4\n\n \n",
                           "\xEF\xBB\xBF"
                           "a,b\n1,2\n3,4\n",
                           "a , b\n 1,2 \n3,\t4\n", "\"a\",\"b\"\n\"1\",2\n3, \"4\" \n"}) {
    CAPTURE(text);
    const CsvTable table = parse_csv(text, "data.csv");
    CHECK(table.values == plain);
    CHECK(table.names == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("a carriage return ends a line or is refused: as part of a name it could not be written again") {
  CHECK(failure("a\rb,c\n1,2\n") == "data.csv: line 1: a carriage return in the middle of the line");
  CHECK(failure("a,b\r1,2\r") == "data.csv: line 1: a carriage return in the middle of the line");
  CHECK(failure("a,b\n1,\"2\r\"\n") == "data.csv: line 2: a carriage return in the middle of the line");
}

TEST_CASE("a quoted name may hold commas and quotes") {
  CHECK(parse_csv("\"width, cm\",\"the \"\"b\"\"\"\n1,2\n", "data.csv").names ==
        std::vector<std::string>{"width, cm", "the \"b\""});
}

TEST_CASE("a cell that is no number is named by file, line and column") {
  CHECK(failure("a,b\n1,2\n3,four\n") == "data.csv: line 3, column 2 (b): 'four' is not a number");
  CHECK(failure("a,b\n1,\n") == "data.csv: line 2, column 2 (b): the cell is empty");
  CHECK(failure("a,b\n1,2 3\n") == "data.csv: line 2, column 2 (b): '2 3' is not a number");
  CHECK(failure("a,b\n1x,2\n") == "data.csv: line 2, column 1 (a): '1x' is not a number");
  CHECK(failure("a,b\nnan,2\n") == "data.csv: line 2, column 1 (a): 'nan' is not a finite number");
  CHECK(failure("a,b\n1,-inf\n") == "data.csv: line 2, column 2 (b): '-inf' is not a finite number");
  CHECK(failure("a,b\n1,1e999\n") ==
        "data.csv: line 2, column 2 (b): '1e999' is outside the range of a double");
  CHECK(failure("a;b\n1;2\n") == "data.csv: line 2, column 1 (a;b): '1;2' is not a number");
}

TEST_CASE("a row of the wrong length is named by line and column") {
  CHECK(failure("a,b,c\n1,2,3\n4,5\n") ==
        "data.csv: line 3, column 3 (c): missing cell: the row has 2 cells, the header 3");
  CHECK(failure("a,b\n1,2,3\n") ==
        "data.csv: line 2, column 3: surplus cell: the row has 3 cells, the header 2");
  CHECK(failure("a,b\n1,2\n\n3,4\n") == "data.csv: line 3, column 1 (a): the line is blank");
}

TEST_CASE("a file without a header or without rows is refused") {
  CHECK(failure("") == "data.csv: the file is empty");
  CHECK(failure("\n\n") == "data.csv: the file is empty");
  CHECK(failure("a,b\n") == "data.csv: line 2: no rows, the file holds only a header");
  CHECK(failure("1,2\n3,4\n") ==
        "data.csv: line 1: a header row with column names is expected, only numbers are there");
}

TEST_CASE("a quote that is not closed is refused, with its place") {
  CHECK(failure("a,\"b\n1,2\n") ==
        "data.csv: line 1, column 2: a quote is opened and not closed on this line");
  CHECK(failure("\"a\"x,b\n1,2\n") ==
        "data.csv: line 1, column 1: text after the closing quote (cells are separated by commas)");
}

TEST_CASE("a message stays one short line whatever the cell holds") {
  const std::string message = failure("a,b\n1,\"x\ry\x01" + std::string(200, 'z') + "\"\n");
  CHECK(message.find_first_of("\r\n\x01") == std::string::npos);
  CHECK(message.size() < 150);
}

TEST_CASE("a file that is missing or a directory is refused by name") {
  const test::TemporaryDirectory directory;
  CHECK(message_of<DataError>([&] {
          read_csv(directory.path() / "none.csv");
        }).find("none.csv: no such file") != std::string::npos);
  CHECK_THROWS_AS(read_csv(directory.path()), DataError);
  CHECK(read_csv(directory.write("some.csv", "a\n1\n")).values(0, 0) == 1);
}

TEST_CASE("numbers are read one per line, and anything else has its line named") {
  const test::TemporaryDirectory directory;
  CHECK(read_numbers(directory.write("x0.csv", "1\n-2.5\r\n 3e2\n\n")) == Vector{{1, -2.5, 300}});
  const auto refused = [&](const char* text) {
    return message_of<DataError>([&] { read_numbers(directory.write("bad.csv", text)); });
  };
  CHECK(refused("1\n2,3\n").find("line 2, column 1: '2,3' is not a number") != std::string::npos);
  CHECK(refused("1\n\n2\n").find("line 2, column 1: the cell is empty") != std::string::npos);
  CHECK(refused("1\nnan\n").find("line 2, column 1: 'nan' is not a finite number") != std::string::npos);
  CHECK(refused("").find("the file is empty") != std::string::npos);
}

TEST_CASE("cells written as a line are read back as they were") {
  const std::vector<std::string> cells{"", "a, b", " blank ", "say \"so\"", "\"", "1e-3"};
  const test::TemporaryDirectory directory;
  const auto file = directory.write("cells.csv", csv_line(cells) + csv_line({"1", "2", "3", "4", "5", "6"}));
  const auto rows = read_csv_cells(file);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == cells);
  CHECK_THROWS_AS(csv_line({"two\nlines"}), DataError);
  CHECK_THROWS_AS(read_csv_cells(directory.write("ragged.csv", "a,b\n1\n")), DataError);
  CHECK_THROWS_AS(read_csv_cells(directory.path() / "none.csv"), DataError);
}
