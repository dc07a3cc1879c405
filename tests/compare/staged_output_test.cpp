#include "unroll/compare/staged_output.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <stdexcept>

#include "compare/temporary_directory.hpp"
#include "unroll/error.hpp"

using namespace unroll;
namespace fs = std::filesystem;

namespace {
auto entries(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}
}  // namespace

TEST_CASE("committed files are in the directory, and nothing else") {
  const test::TemporaryDirectory base;
  const fs::path out = base.path() / "new" / "out";
  {
    StagedOutput output(out);
    write_file(output.staging() / "a.csv", "1\n");
    write_file(output.staging() / "scratch", "2\n");
    CHECK_FALSE(fs::exists(out / "a.csv"));
    output.commit({"a.csv"});
  }
  CHECK(test::content(out / "a.csv") == "1\n");
  CHECK(entries(out) == 1);
}

TEST_CASE("without a commit the directory and its parents are gone if they were made") {
  const test::TemporaryDirectory base;
  try {
    const StagedOutput output(base.path() / "new" / "out");
    write_file(output.staging() / "a.csv", "half");
    throw std::runtime_error("the run failed");
  } catch (const std::runtime_error&) {
  }
  CHECK(entries(base.path()) == 0);
}

TEST_CASE("without a commit a directory that was there keeps its files as they were") {
  const test::TemporaryDirectory base;
  base.write("a.csv", "old");
  {
    const StagedOutput output(base.path());
    write_file(output.staging() / "a.csv", "new");
  }
  CHECK(test::content(base.path() / "a.csv") == "old");
  CHECK(entries(base.path()) == 1);
}

TEST_CASE("a commit replaces files of the same name and keeps the others") {
  const test::TemporaryDirectory base;
  base.write("a.csv", "old");
  base.write("b.csv", "kept");
  {
    StagedOutput output(base.path());
    write_file(output.staging() / "a.csv", "new");
    output.commit({"a.csv"});
  }
  CHECK(test::content(base.path() / "a.csv") == "new");
  CHECK(test::content(base.path() / "b.csv") == "kept");
}

TEST_CASE("a commit that cannot finish moves nothing") {
  const test::TemporaryDirectory base;
  fs::create_directory(base.path() / "b.csv");
  {
    StagedOutput output(base.path());
    write_file(output.staging() / "a.csv", "new");
    write_file(output.staging() / "b.csv", "new");
    CHECK_THROWS_AS(output.commit({"a.csv", "b.csv"}), DataError);
    CHECK_THROWS_AS(output.commit({"a.csv", "missing.csv"}), DataError);
  }
  CHECK(entries(base.path()) == 1);
}

TEST_CASE("a place that cannot be a directory is refused before anything is written") {
  const test::TemporaryDirectory base;
  const fs::path file = base.write("file", "");
  for (const fs::path& place : {file, file / "below", file / "far" / "below", fs::path()}) {
    CHECK_THROWS_AS(check_output_directory(place), DataError);
    CHECK_THROWS_AS(StagedOutput{place}, DataError);
  }
  CHECK_NOTHROW(check_output_directory(base.path() / "new" / "out"));
  CHECK(entries(base.path()) == 1);
}

TEST_CASE("a file that cannot be written is an error") {
  CHECK_THROWS_AS(write_file("/dev/full", std::string(1 << 20, 'x')), DataError);
  CHECK_THROWS_AS(write_file("/nowhere/at/all", "x"), DataError);
}

TEST_CASE("a file is read back as it was written, and one that is not there is an error") {
  const test::TemporaryDirectory base;
  const std::string content("a\0b\r\n", 5);
  write_file(base.path() / "file", content);
  CHECK(read_file(base.path() / "file") == content);
  CHECK(read_file(base.write("empty", "")) == "");
  CHECK_THROWS_AS(read_file(base.path() / "nowhere"), DataError);
}

TEST_CASE("a file is replaced as a whole, and stays as it was where the new one cannot be put in place") {
  const test::TemporaryDirectory base;
  const fs::path file = base.write("file", "old");
  replace_file(file, "new");
  CHECK(test::content(file) == "new");
  CHECK(entries(base.path()) == 1);
  fs::create_directories(base.path() / "directory" / "inside");
  CHECK_THROWS_AS(replace_file(base.path() / "directory", "x"), DataError);
  CHECK(entries(base.path()) == 2);
}
