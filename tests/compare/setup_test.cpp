#include "unroll/compare/setup.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "compare/data_setup.hpp"
#include "support/temporary_directory.hpp"
#include "support/texts.hpp"
#include "unroll/compare/curse.hpp"
#include "unroll/compare/normal.hpp"
#include "unroll/error.hpp"

using namespace unroll;
using test::contains;
using test::message_of;
using test::setup;

namespace {

std::string refused(const SetupOptions& options) {
  return message_of<Error>([&] { setup(options); });
}

}  // namespace

TEST_CASE(
    "a data set whose Hessian no machine holds is refused with sizes and memory, and so is such a run") {
  const test::TemporaryDirectory directory;
  std::string table = "x0";
  for (int i = 1; i < 200'000; ++i) table += ",x" + std::to_string(i);
  for (int row = 0; row < 3; ++row) {
    table += "\n" + std::to_string(row);
    for (int i = 1; i < 200'000; ++i) table += (i + row) % 3 == 0 ? ",1" : ",0";
  }
  const std::string message = refused({.data = directory.write("wide.csv", table).string()});
  CHECK(contains(message, "data of 3 rows and 199999 columns"));
  CHECK(contains(message, "would take 1.28e+03 GB of memory, this machine has"));
  Instance wide;
  wide.start = Vector::Zero(1'000'000);
  wide.theta = Vector::Ones(1);
  CHECK_THROWS_WITH_AS(run_curse(wide, {.steps = most_steps}),
                       doctest::Contains("1000000 steps of 1000000 variables"), DataError);
}

TEST_CASE("a bundled data set is found by its name, its constant columns are dropped") {
  const Setup digits = setup({.data = "digits"});
  CHECK(digits.rows == 1797);
  CHECK(digits.columns == 61);
  CHECK(digits.target == "digit");
  CHECK(digits.dropped.size() == 3);
  CHECK(digits.instance.start == Vector::Ones(61));
}

TEST_CASE("any csv file is data, with any column as the target") {
  const test::TemporaryDirectory directory;
  const auto file = directory.write("mine.csv", "a,b,c\n1,5,1\n2,3,1\n3,4,0\n4,4,1\n");
  CHECK(setup({.data = file.string()}).data == "mine");
  CHECK(setup({.data = file.string(), .target = "a"}).target == "a");
  CHECK(setup({.data = file.string(), .loss = "logistic"}).columns == 2);
  CHECK(contains(refused({.data = file.string(), .target = "d"}), "the columns are a, b, c"));
  CHECK(contains(refused({.data = file.string(), .target = "a", .loss = "logistic"}), "two values"));
}

TEST_CASE("unknown data are refused with the names of the data sets") {
  const std::string message = refused({.data = "iris"});
  CHECK(contains(message, "'iris'"));
  CHECK(contains(message, "auto_mpg, breast_cancer_diagnostic"));
  CHECK(contains(message, "synthetic"));
  CHECK_FALSE(refused({.data = ""}).empty());
}

TEST_CASE("the objective is the documented one: ridge centres the target, logistic reads it as two classes") {
  const test::TemporaryDirectory directory;
  const std::string file =
      directory.write("two.csv", "a,y\n-1,3\n1,5\n").string();  // a is standardised already
  const Vector x = Vector::Constant(1, 0.7), theta = Vector::Constant(1, 0.01);
  const double ridge = setup({.data = file}).instance.problem->value(x, theta);
  CHECK(ridge == doctest::Approx((0.3 * 0.3 + 0.3 * 0.3) / 4 + 0.01 * 0.49 / 2).epsilon(1e-14));
  const double logistic = setup({.data = file, .loss = "logistic"}).instance.problem->value(x, theta);
  CHECK(logistic == doctest::Approx(std::log1p(std::exp(-0.7)) + 0.01 * 0.49 / 2).epsilon(1e-14));
}

TEST_CASE("the start is ones, zero, normal or read from a file, and scaled") {
  const test::TemporaryDirectory directory;
  const SetupOptions base{.data = "auto_mpg"};
  const auto start = [&](const std::string& kind, double scale = 1) {
    SetupOptions options = base;
    options.start = kind;
    options.start_scale = scale;
    options.seed = 5;
    return setup(options).instance.start;
  };
  CHECK(start("", 10) == Vector::Constant(7, 10));
  CHECK(start("ones") == Vector::Ones(7));
  CHECK(start("zero", 3) == Vector::Zero(7));
  CHECK(start("normal", 2) == 2 * NormalGenerator(5).vector(7));
  CHECK(start(directory.write("x0.csv", "1\n2\n3\n4\n5\n6\n7\n").string(), 2) ==
        2 * Vector::LinSpaced(7, 1, 7));
}

TEST_CASE("a start file of the wrong length is refused with both numbers") {
  const test::TemporaryDirectory directory;
  const std::string file = directory.write("x0.csv", "1\n2\n3\n").string();
  CHECK(contains(refused({.data = "auto_mpg", .start = file}), "x0 has 3 numbers, the problem 7 variables"));
  CHECK(contains(refused({.data = "digits", .start = file}), "3 constant columns are dropped"));
  CHECK(contains(refused({.start = "nowhere.csv"}), "'nowhere.csv'"));
}

TEST_CASE("synthetic data start from normal numbers unless told otherwise, and serve both losses") {
  const Setup plain = setup({.data = "synthetic", .seed = 3});
  CHECK(plain.rows == 400);
  CHECK(plain.columns == 100);
  CHECK(plain.instance.start == NormalGenerator(3).vector(100));
  CHECK(setup({.data = "synthetic", .start = "ones"}).instance.start == Vector::Ones(100));
  CHECK_NOTHROW(setup({.data = "synthetic", .loss = "logistic"}));
}

TEST_CASE("where x0 is not given, the kind of start is ones, and normal for synthetic data") {
  CHECK(start_kind({}) == "ones");
  CHECK(start_kind({.data = "synthetic"}) == "normal");
  CHECK(start_kind({.data = "synthetic", .start = "zero"}) == "zero");
}

TEST_CASE("options outside their domain are refused by name") {
  CHECK(contains(refused({.theta = 0}), "theta"));
  CHECK(contains(refused({.theta = -1}), "theta"));
  CHECK(contains(refused({.theta = NAN}), "theta"));
  CHECK(contains(refused({.theta = INFINITY}), "theta"));
  CHECK(contains(refused({.loss = "hinge"}), "'hinge'"));
  CHECK(contains(refused({.start_scale = NAN}), "x0"));
}
