#include "unroll/compare/plot.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>  // setenv

#include <iterator>

#include "compare/temporary_directory.hpp"

using namespace unroll;
namespace fs = std::filesystem;

namespace {

Figure some_figure() {
  Figure figure;
  figure.name = "error";
  figure.title = "Title";
  figure.subtitle = "it's `touch pwned` ; system('touch pwned') {/:Bold x}\n\"quoted\"";
  figure.x_label = "t";
  figure.y_label = "‖∂x_t‖";
  figure.level_label = "start";
  figure.curves = {{.label = "a", .x = {1, 2, 3}, .y = {1, 0, 0.1}, .marked = {{2.0, 0.5}}, .style = 0},
                   {.label = "b's", .x = {1, 2, 3}, .y = {0, 0, 0}, .style = 1},
                   {.label = "c", .style = 2}};
  return figure;
}

auto entries(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

class WithoutPrograms {
 public:
  WithoutPrograms() { setenv("PATH", "/nowhere", 1); }
  ~WithoutPrograms() { setenv("PATH", path_.c_str(), 1); }

 private:
  std::string path_ = getenv("PATH");
};

}  // namespace

TEST_CASE("a figure becomes an SVG and a PNG file and leaves nothing else, whatever its texts hold") {
  const test::TemporaryDirectory directory;
  const PlotResult result = plot(some_figure(), directory.path());
  if (result.problem == "gnuplot is not installed") return;
  CHECK(result.problem == "");
  CHECK(result.files == std::vector<std::string>{"error.svg", "error.png"});
  CHECK(entries(directory.path()) == 2);
  CHECK(test::content(directory.path() / "error.svg").find("</svg>") != std::string::npos);
  CHECK(test::content(directory.path() / "error.png").substr(1, 3) == "PNG");
  CHECK_FALSE(fs::exists("pwned"));
}

TEST_CASE("without gnuplot nothing is left and the result says why") {
  const test::TemporaryDirectory directory;
  const WithoutPrograms without;
  const PlotResult result = plot(some_figure(), directory.path());
  CHECK(result.problem == "gnuplot is not installed");
  CHECK(result.files.empty());
  CHECK(entries(directory.path()) == 0);
}

TEST_CASE("a script names every curve with its own style, and quotes every text") {
  const std::string script = gnuplot_script(some_figure());
  CHECK(script.find("title 'b''s'") != std::string::npos);
  CHECK(script.find("'it''s `touch") != std::string::npos);
  CHECK(script.find("#56B4E9") != std::string::npos);
  CHECK(script.find("#0072B2") != std::string::npos);
  CHECK(script.find("set logscale xy") != std::string::npos);
}
