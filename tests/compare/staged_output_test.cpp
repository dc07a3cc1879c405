#include "unroll/compare/staged_output.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "support/temporary_directory.hpp"
#include "unroll/error.hpp"

using namespace unroll;
namespace fs = std::filesystem;

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
  CHECK(test::entries(out) == 1);
}

TEST_CASE("without a commit the directory and its parents are gone if they were made") {
  const test::TemporaryDirectory base;
  try {
    const StagedOutput output(base.path() / "new" / "out");
    write_file(output.staging() / "a.csv", "half");
    throw std::runtime_error("the run failed");
  } catch (const std::runtime_error&) {
  }
  CHECK(test::entries(base.path()) == 0);
}

TEST_CASE("without a commit a directory that was there keeps its files as they were") {
  const test::TemporaryDirectory base;
  base.write("a.csv", "old");
  {
    const StagedOutput output(base.path());
    write_file(output.staging() / "a.csv", "new");
  }
  CHECK(test::content(base.path() / "a.csv") == "old");
  CHECK(test::entries(base.path()) == 1);
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
  CHECK(test::entries(base.path()) == 1);
}

TEST_CASE("a place that cannot be a directory is refused before anything is written") {
  const test::TemporaryDirectory base;
  const fs::path file = base.write("file", "");
  for (const fs::path& place : {file, file / "below", file / "far" / "below", fs::path()}) {
    CHECK_THROWS_AS(check_output_directory(place), DataError);
    CHECK_THROWS_AS(StagedOutput{place}, DataError);
  }
  CHECK_NOTHROW(check_output_directory(base.path() / "new" / "out"));
  CHECK(test::entries(base.path()) == 1);
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
  CHECK(test::entries(base.path()) == 1);
  fs::create_directories(base.path() / "directory" / "inside");
  CHECK_THROWS_AS(replace_file(base.path() / "directory", "x"), DataError);
  CHECK(test::entries(base.path()) == 2);
}

namespace {

/// Runs f in a process of its own, which ends with it.
template <class F>
pid_t in_a_process(const F& f) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  f();
  _exit(0);
}

int status_of(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("of many processes that commit to one directory at once one has its files there, and all of them") {
  const test::TemporaryDirectory base;
  std::vector<std::string> names;
  for (char c = 'a'; c <= 'z'; ++c) names.push_back({c});
  for (int round = 0; round < 20; ++round) {
    std::vector<pid_t> children;
    for (int writer = 0; writer < 4; ++writer)
      children.push_back(in_a_process([&] {
        StagedOutput output(base.path());
        for (const std::string& name : names) write_file(output.staging() / name, std::to_string(writer));
        output.commit(names);
      }));
    for (const pid_t child : children) CHECK(status_of(child) == 0);
    for (const std::string& name : names)
      REQUIRE(test::content(base.path() / name) == test::content(base.path() / "a"));
    CHECK(test::entries(base.path()) == 26);
  }
}

TEST_CASE("a process that a signal ends leaves nothing that was not committed, and ends by that signal") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const test::TemporaryDirectory base;
    const pid_t child = in_a_process([&] {
      remove_staging_on_signals();
      StagedOutput committed(base.path()), output(base.path() / "new" / "out");
      write_file(committed.staging() / "kept", "1");
      committed.commit({"kept"});
      write_file(output.staging() / "lost", "2");
      write_file(base.path() / "ready", "");
      std::this_thread::sleep_for(std::chrono::minutes(1));
    });
    while (!fs::exists(base.path() / "ready")) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(child, signal);
    const int status = status_of(child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    CHECK(test::content(base.path() / "kept") == "1");
    CHECK(test::entries(base.path()) == 2);  // kept and ready
  }
}

TEST_CASE("of many threads that replace one file each writes it whole") {
  const test::TemporaryDirectory base;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer)
    threads.emplace_back([&, writer] {
      for (int i = 0; i < 50; ++i) replace_file(base.path() / "file", std::string(100, char('a' + writer)));
    });
  for (std::thread& thread : threads) thread.join();
  const std::string content = test::content(base.path() / "file");
  CHECK(content == std::string(100, content.at(0)));
  CHECK(test::entries(base.path()) == 1);
}
