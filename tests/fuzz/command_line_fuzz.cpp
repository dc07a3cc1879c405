#include <fcntl.h>
#include <stdlib.h>  // setenv
#include <unistd.h>

#include <filesystem>

#include "fuzz/fuzz.hpp"
#include "support/temporary_directory.hpp"

// The program itself, in this process.
#define main curse_of_unrolling
#include "../../examples/curse_of_unrolling.cpp"
#undef main

// A command line, one argument a line, ends with exit code 0 and its files written whole, or with 2, one line
// on stderr, and nothing written.
namespace unroll::fuzz {
namespace {

namespace fs = std::filesystem;

/// An empty working directory with data files good and bad, where nothing can be drawn.
struct Place : test::TemporaryDirectory {
  Place() {
    fs::current_path(path());
    setenv("PATH", "/nowhere", 1);
    write("small.csv", "a,b,y\n1,2,3\n2,1,5\n3,5,4\n4,4,7\n");
    write("classes.csv", "a,b,y\n1,2,0\n2,1,1\n3,5,1\n4,4,0\n");
    write("text.csv", "a,b,y\n1,2,3\n4,five,6\n");
    write("constant.csv", "a,b,y\n1,1,3\n1,1,6\n");
    write("huge.csv", "a,b,y\n1e308,-1e308,1e308\n-1e308,1e300,2\n1,2,3\n");
    write("start.csv", "1\n-2\n");
    write("empty.csv", "");
  }
};

/// A stream of the process, in a file for a while.
class Redirected {
 public:
  Redirected(int stream, const char* file) : stream_(stream), kept_(dup(stream)) {
    const int to = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(to, stream_);
    close(to);
  }
  ~Redirected() {
    dup2(kept_, stream_);
    close(kept_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int stream_, kept_;
};

int run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const Redirected output(STDOUT_FILENO, "stdout"), errors(STDERR_FILENO, "stderr");
  const int status = curse_of_unrolling(static_cast<int>(arguments.size()), argv.data());
  std::fflush(stdout);
  std::fflush(stderr);
  return status;
}

}  // namespace

std::string draw(Engine& engine) {
  static const std::vector<std::string> options = {"--data",    "--target", "--loss", "--theta",
                                                   "--solvers", "--steps",  "--x0",   "--x0-scale",
                                                   "--seed",    "--alpha",  "--eta",  "--nonsense"};
  static const std::vector<std::vector<std::string>> right = {{"small.csv", "classes.csv", "synthetic"},
                                                              {"y", "a"},
                                                              {"ridge", "logistic"},
                                                              {"0.01", "3"},
                                                              {"gd-short", "sobolev,chebyshev", "nesterov"},
                                                              {"5", "17"},
                                                              {"ones", "zero", "normal", "start.csv"},
                                                              {"1", "-2.5", "1e3"},
                                                              {"1", "77"},
                                                              {"0.5", "1"},
                                                              {"auto", "oracle", "0.3"},
                                                              {"x"}};
  static const std::vector<std::string> wrong = {"",
                                                 "-1",
                                                 "0",
                                                 "nan",
                                                 "inf",
                                                 "-inf",
                                                 "1e400",
                                                 "1e-320",
                                                 "1e308",
                                                 "abc",
                                                 "text.csv",
                                                 "constant.csv",
                                                 "huge.csv",
                                                 "empty.csv",
                                                 "nowhere.csv",
                                                 ".",
                                                 "/",
                                                 "..",
                                                 "gd-short,gd-short",
                                                 ",",
                                                 "99999999999999999999",
                                                 "1.5",
                                                 "--data",
                                                 "-",
                                                 "--",
                                                 "=",
                                                 "\xC3\xA9",
                                                 "a\tb",
                                                 "%s%n",
                                                 "{}",
                                                 "hinge",
                                                 "0x10"};
  std::string line = "--data=small.csv\n--steps=9\n";
  for (std::size_t count = below(engine, 5); count-- > 0;) {
    const std::size_t option = below(engine, options.size());
    const std::string& value = below(engine, 3) == 0 ? one_of(engine, wrong) : one_of(engine, right[option]);
    line += options[option] + (below(engine, 2) == 0 ? "=" : "\n") + value + "\n";
  }
  if (below(engine, 4) == 0) line += "--corrected\n";
  if (below(engine, 20) == 0) line += one_of(engine, wrong) + "\n";
  return line;
}

void examine(std::string_view input) {
  static const Place place;
  std::vector<std::string> arguments = {"curse_of_unrolling", "--out=out"};
  for (std::string_view rest = input; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string argument(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (argument.find('\0') == std::string::npos && argument.find("--out") == std::string::npos)
      arguments.push_back(std::move(argument));
  }
  fs::remove_all("out");
  const int status = run(arguments);
  const std::string errors = test::content("stderr");
  if (status == 0) {
    const bool help = !fs::exists("out");
    require(help ? test::content("stdout").find("Usage") != std::string::npos
                 : fs::exists("out/report.html") && fs::exists("out/trajectory.csv"),
            "exit code 0, and not all files are there");
    require(help || test::entries("out") == 2, "other files than the report and the table are there");
    return;
  }
  require(status == 2, fmt::format("exit code {}: {}", status, errors));
  require(std::count(errors.begin(), errors.end(), '\n') == 1 && errors.back() == '\n',
          "stderr is not one line: " + errors);
  require(!fs::exists("out"), "exit code 2, and something was written");
}

}  // namespace unroll::fuzz
