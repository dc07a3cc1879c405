#include <doctest/doctest.h>

#include "compare/some_figures.hpp"
#include "support/skipped.hpp"
#include "support/temporary_directory.hpp"

// What needs gnuplot, in a file of its own: where there is none, CTest says that it was skipped.
using namespace unroll;
namespace fs = std::filesystem;

TEST_CASE("a figure becomes an SVG and a PNG file and leaves nothing else, whatever its texts hold") {
  const test::TemporaryDirectory directory;
  const PlotResult result = plot(test::some_figure(), directory.path());
  if (test::skipped(result.problem == "gnuplot is not installed", "gnuplot is not installed")) return;
  CHECK(result.problem == "");
  CHECK(result.files == std::vector<std::string>{"error.svg", "error.png"});
  CHECK(test::entries(directory.path()) == 2);
  CHECK(test::content(directory.path() / "error.svg").find("</svg>") != std::string::npos);
  CHECK(test::content(directory.path() / "error.png").substr(1, 3) == "PNG");
  CHECK_FALSE(fs::exists("pwned"));
}

TEST_CASE("panels become one SVG and one PNG file and leave nothing else") {
  const test::TemporaryDirectory directory;
  const PlotResult result = plot(test::some_panels(), directory.path());
  if (test::skipped(result.problem == "gnuplot is not installed", "gnuplot is not installed")) return;
  CHECK(result.problem == "");
  CHECK(result.files == std::vector<std::string>{"both.svg", "both.png"});
  CHECK(test::entries(directory.path()) == 2);
  CHECK_FALSE(fs::exists("pwned"));
}
