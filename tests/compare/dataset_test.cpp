#include "unroll/compare/dataset.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/temporary_directory.hpp"
#include "support/texts.hpp"
#include "unroll/error.hpp"

using namespace unroll;
using test::message_of;

namespace {
CsvTable three_columns() { return {{"a", "b", "c"}, Matrix{{1, 10, 7}, {2, 20, 8}, {4, 30, 9}}}; }
}  // namespace

TEST_CASE("the target is the last column by default, or any by name, and the others keep their order") {
  CHECK(select_target(three_columns()).target_name == "c");
  const Dataset data = select_target(three_columns(), "b");
  CHECK(data.target == Vector{{10, 20, 30}});
  CHECK(data.names == std::vector<std::string>{"a", "c"});
  CHECK(data.values == Matrix{{1, 7}, {2, 8}, {4, 9}});
}

TEST_CASE("an unknown target is refused with a list of the columns") {
  CHECK(message_of<DataError>([] { select_target(three_columns(), "d"); }) ==
        "no column is named 'd'; the columns are a, b, c");
}

TEST_CASE("a target that two columns bear or that leaves no other column is refused") {
  CHECK_THROWS_AS(select_target({{"a", "a", "b"}, Matrix::Ones(2, 3)}, "a"), DataError);
  CHECK_THROWS_AS(select_target({{"a"}, Matrix::Ones(2, 1)}), DataError);
}

TEST_CASE("standardised columns have mean 0 and variance 1 with 1/m") {
  const Matrix values = standardise(select_target(three_columns())).data.values;
  for (Index j = 0; j < values.cols(); ++j) {
    CHECK(std::abs(values.col(j).mean()) < 1e-16);
    CHECK(values.col(j).squaredNorm() / 3 == doctest::Approx(1).epsilon(1e-15));
  }
  CHECK(values(0, 1) == doctest::Approx(-std::sqrt(1.5)).epsilon(1e-15));
}

TEST_CASE("constant columns are dropped and reported, the target is left alone") {
  const CsvTable table{{"a", "one", "b", "y"}, Matrix{{1, 0.1, 5, 3}, {2, 0.1, 6, 3}, {3, 0.1, 8, 3}}};
  const Standardised result = standardise(select_target(table));
  CHECK(result.dropped == std::vector<std::string>{"one"});
  CHECK(result.data.names == std::vector<std::string>{"a", "b"});
  CHECK(result.data.values.cols() == 2);
  CHECK(result.data.target == Vector{{3, 3, 3}});
}

TEST_CASE("columns of any magnitude are standardised alike") {
  const Matrix plain{{1, 0}, {2, 0}, {4, 1}};
  const Vector expected = standardise(select_target({{"a", "y"}, plain})).data.values.col(0);
  for (const double scale : {1e-320, 1e-200, 1e200, 1e307}) {
    CAPTURE(scale);
    const Matrix scaled{{1 * scale, 0}, {2 * scale, 0}, {4 * scale, 1}};
    CHECK((standardise(select_target({{"a", "y"}, scaled})).data.values.col(0) - expected).norm() < 1e-3);
  }
}

TEST_CASE("nothing but constant columns is refused") {
  CHECK_THROWS_AS(standardise(select_target({{"a", "y"}, Matrix{{1, 2}, {1, 3}}})), DataError);
}

TEST_CASE("a centred target has mean 0, a constant one is refused") {
  CHECK(centred(Vector{{1, 2, 6}}) == Vector{{-2, -1, 3}});
  CHECK_THROWS_AS(centred(Vector{{0.1, 0.1, 0.1}}), DataError);
}

TEST_CASE("the two values of a target become -1 and +1, three are refused") {
  CHECK(plus_minus_labels(Vector{{4, 2, 4}}) == Vector{{1, -1, 1}});
  CHECK_THROWS_AS(plus_minus_labels(Vector{{1, 2, 3}}), DataError);
  CHECK_THROWS_AS(plus_minus_labels(Vector{{1, 1, 1}}), DataError);
}

TEST_CASE("synthetic data has the documented shape, is fixed by its seed and has a two-valued kind") {
  const CsvTable table = synthetic_table(7);
  CHECK(table.values.rows() == 400);
  CHECK(table.names.size() == 101);
  CHECK(table.values == synthetic_table(7).values);
  CHECK(table.values != synthetic_table(8).values);
  const Matrix labels = synthetic_table(7, SyntheticTarget::two_valued).values;
  CHECK(labels.leftCols(100) == table.values.leftCols(100));
  CHECK(labels.col(100) == table.values.col(100).cwiseSign());
}
