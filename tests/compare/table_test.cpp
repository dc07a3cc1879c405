#include "unroll/compare/table.hpp"

#include <doctest/doctest.h>

#include "unroll/error.hpp"

using namespace unroll;

TEST_CASE("a table aligns its first column left and the others right, letters beyond ASCII included") {
  Table table({"name", "κ"});
  table.add_row({"a", "1312"});
  table.add_row({"θ-long", "–"});
  CHECK(table.str() ==
        "name       κ\n"
        "------------\n"
        "a       1312\n"
        "θ-long     –\n");
}

TEST_CASE("a footnote stands below the table") {
  Table table({"a"});
  table.add_row({"1"});
  table.set_footnote("a: a letter");
  CHECK(table.str() == "a\n-\n1\na: a letter\n");
}

TEST_CASE("a row that does not fit the headings is refused") {
  Table table({"a", "b"});
  CHECK_THROWS_AS(table.add_row({"1"}), ShapeError);
}
