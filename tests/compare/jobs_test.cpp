#include "unroll/compare/jobs.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

#include "support/temporary_directory.hpp"
#include "unroll/compare/csv.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

const Row header{"name", "k", "square"};

/// Twenty jobs of two rows each; counts how many ran, and fails at number `broken`.
std::vector<Job> squares(std::atomic<int>& ran, int broken = -1) {
  std::vector<Job> jobs;
  for (int i = 0; i < 20; ++i) {
    jobs.push_back(
        {{"job, " + std::to_string(i)}, [&ran, i, broken]() -> std::vector<Row> {
           if (i == broken) throw std::runtime_error("broken");
           ++ran;
           return {{std::to_string(i), std::to_string(i * i)}, {std::to_string(-i), std::to_string(i * i)}};
         }});
  }
  return jobs;
}

TEST_CASE("rows and file are the same for every number of threads, in the order of the jobs") {
  const test::TemporaryDirectory directory;
  std::atomic<int> ran = 0;
  const auto one = run_jobs(header, squares(ran), directory.path() / "one.csv");
  const auto four = run_jobs(header, squares(ran), directory.path() / "four.csv", {.threads = 4});
  CHECK(ran == 40);
  CHECK(one == four);
  CHECK(one.size() == 40);
  CHECK(one[7] == Row{"job, 3", "-3", "9"});
  const std::string text = test::content(directory.path() / "one.csv");
  CHECK(text == test::content(directory.path() / "four.csv"));
  CHECK(text.substr(0, 40) == "name,k,square\n\"job, 0\",0,0\n\"job, 0\",0,0\n");
}

TEST_CASE("a run that failed leaves no file but the jobs that were done, which the next run takes over") {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "squares.csv", partial = directory.path() / "squares.csv.partial";
  std::atomic<int> ran = 0;
  CHECK_THROWS_WITH_AS(run_jobs(header, squares(ran, 12), file), "broken", std::runtime_error);
  CHECK(ran == 12);
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(read_csv_cells(partial).size() == 1 + 2 * 12);
  const auto rows = run_jobs(header, squares(ran), file);
  CHECK(ran == 20);
  CHECK_FALSE(std::filesystem::exists(partial));
  CHECK(read_csv_cells(file).size() == 1 + 2 * 20);

  const std::string whole = test::content(file);
  CHECK(run_jobs(header, squares(ran), file) == rows);  // all is there
  CHECK(ran == 20);
  CHECK(test::content(file) == whole);
}

TEST_CASE("of a file, only the jobs that are asked for are kept") {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "squares.csv";
  std::atomic<int> ran = 0;
  std::vector<Job> jobs = squares(ran);
  run_jobs(header, jobs, file);
  jobs.erase(jobs.begin() + 3, jobs.end());
  jobs.push_back({{"new"}, [] { return std::vector<Row>{{"1", "1"}}; }});
  CHECK(run_jobs(header, jobs, file).size() == 7);
  CHECK(ran == 20);
  CHECK(read_csv_cells(file).size() == 1 + 7);
}

TEST_CASE("progress counts jobs up to all of them, and tells the time left from the first one on") {
  const test::TemporaryDirectory directory;
  const auto file = directory.path() / "squares.csv";
  std::atomic<int> ran = 0;
  std::size_t calls = 0;
  JobOptions options{.threads = 3};
  options.progress = [&](const JobProgress& p) {
    CHECK(p.done == p.reused + ++calls);
    CHECK(p.all == 20);
    CHECK(p.seconds_left.has_value());
  };
  CHECK_THROWS_AS(run_jobs(header, squares(ran, 12), file, options), std::runtime_error);
  const std::size_t before = calls;
  calls = 0;
  run_jobs(header, squares(ran), file, options);
  CHECK(calls == 20 - before);
}

TEST_CASE("another table in the file's place, keys that repeat, and rows that do not fit are refused") {
  const test::TemporaryDirectory directory;
  std::atomic<int> ran = 0;
  const auto other = directory.write("other.csv", "a,b\n1,2\n");
  CHECK_THROWS_AS(run_jobs(header, squares(ran), other), DataError);
  CHECK(test::content(other) == "a,b\n1,2\n");
  CHECK(ran == 0);
  std::vector<Job> twice = squares(ran);
  twice.push_back(twice.front());
  CHECK_THROWS_AS(run_jobs(header, twice, {}), DomainError);
  CHECK_THROWS_AS(run_jobs({"name", "k"}, squares(ran), {}), ShapeError);
  CHECK_THROWS_AS(run_jobs(header, squares(ran), {}, {.threads = 0}), DomainError);
  CHECK_THROWS_AS(run_jobs(header, squares(ran), directory.path() / "missing" / "a.csv"), DataError);
  CHECK(run_jobs(header, {}, {}).empty());
}

}  // namespace
}  // namespace unroll
