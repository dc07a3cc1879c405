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

Panels some_panels() {
  Figure left = some_figure(), right = some_figure();
  left.title = "left_panel";
  left.legend = Legend::none;
  right.curves.front().stroke = Stroke::points;
  right.curves.back().stroke = Stroke::dotted;
  return {.name = "both", .title = "Title", .subtitle = left.subtitle, .figures = {left, right}};
}

/// How high, as a fraction of the frame, a script puts the label with this text.
double label_height(const std::string& script, const std::string& text) {
  const auto at = script.find("'" + text + "' at graph 1, graph ");
  REQUIRE(at != std::string::npos);
  return std::stod(script.substr(script.find("graph ", at + text.size() + 14) + 6));
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

TEST_CASE("a long list of curves is drawn clear of the label of the line at 1, a short one is where it was") {
  Figure figure = some_figure();
  CHECK(gnuplot_script(figure).find("set key outside right bottom") != std::string::npos);
  for (int i = 0; i < 6; ++i) figure.curves.push_back({.label = "unnamed", .x = {1, 2}, .y = {1, 2}});
  CHECK(gnuplot_script(figure).find("set key at graph 1.09") != std::string::npos);
  for (std::size_t i = 3; i < 9; ++i) figure.curves[i].label.clear();  // no entry
  CHECK(gnuplot_script(figure).find("set key outside right bottom") != std::string::npos);
}

TEST_CASE("panels become one SVG and one PNG file and leave nothing else") {
  const test::TemporaryDirectory directory;
  const PlotResult result = plot(some_panels(), directory.path());
  if (result.problem == "gnuplot is not installed") return;
  CHECK(result.problem == "");
  CHECK(result.files == std::vector<std::string>{"both.svg", "both.png"});
  CHECK(entries(directory.path()) == 2);
  CHECK_FALSE(fs::exists("pwned"));
}

TEST_CASE("each panel draws its own curves, in its own strokes, with its title as it is") {
  const std::string script = gnuplot_script(some_panels());
  for (const int block : {0, 1, 2, 3, 4, 5, 6, 11})
    CHECK(script.find("'both.dat' index " + std::to_string(block) + " ") != std::string::npos);
  CHECK(script.find("index 12") == std::string::npos);
  CHECK(script.find("index 3 with points pointtype 7") != std::string::npos);
  CHECK(script.find("index 5 with lines linewidth 2.5 dashtype (2,3)") != std::string::npos);
  CHECK(script.find("left\\_panel") != std::string::npos);
}

TEST_CASE("labels at the ends of curves are at their curves' heights, but never on each other") {
  Figure figure = some_figure();
  figure.y_range = {{0.01, 100}};
  figure.level_label.clear();
  figure.legend = Legend::ends;
  figure.curves = {{.label = "above", .x = {1, 2}, .y = {1, 10}},
                   {.label = "middle", .x = {1, 2}, .y = {1, 1}},
                   {.label = "almost", .x = {1, 2}, .y = {1, 1.001}}};
  const std::string script = gnuplot_script(figure);
  CHECK(label_height(script, "above") == doctest::Approx(0.75));
  CHECK(label_height(script, "middle") == doctest::Approx(0.5));
  CHECK(label_height(script, "almost") >= 0.549);
  CHECK(label_height(script, "almost") < 0.56);
}

TEST_CASE("ranges that are given are those of the axes") {
  Figure figure = some_figure();
  figure.x_range = {{0.001, 1000}};
  figure.y_range = {{0.5, 20}};
  const std::string script = gnuplot_script(figure);
  CHECK(script.find("set xrange [0.001:1000]") != std::string::npos);
  CHECK(script.find("set yrange [0.5:20]") != std::string::npos);
}
