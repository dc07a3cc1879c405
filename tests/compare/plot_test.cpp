#include "unroll/compare/plot.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <stdlib.h>  // setenv

#include <chrono>
#include <thread>

#include "compare/some_figures.hpp"
#include "support/temporary_directory.hpp"

using namespace unroll;
namespace fs = std::filesystem;

namespace {

/// How high, as a fraction of the frame, a script puts the label with this text.
double label_height(const std::string& script, const std::string& text) {
  const auto at = script.find("'" + text + "' at graph 1, graph ");
  REQUIRE(at != std::string::npos);
  return std::stod(script.substr(script.find("graph ", at + text.size() + 14) + 6));
}

/// While it lives, programs are looked for in one directory alone.
class ProgramsOf {
 public:
  explicit ProgramsOf(const fs::path& directory) { setenv("PATH", directory.c_str(), 1); }
  ~ProgramsOf() { setenv("PATH", path_.c_str(), 1); }

 private:
  std::string path_ = getenv("PATH");
};

}  // namespace

TEST_CASE("without gnuplot nothing is left and the result says why") {
  const test::TemporaryDirectory directory;
  const ProgramsOf none("/nowhere");
  const PlotResult result = plot(test::some_figure(), directory.path());
  CHECK(result.problem == "gnuplot is not installed");
  CHECK(result.files.empty());
  CHECK(test::entries(directory.path()) == 0);
}

TEST_CASE("a gnuplot that hangs is stopped at the limit, with what it started") {
  const test::TemporaryDirectory programs, directory;
  const fs::path gnuplot = programs.write("gnuplot", "#!/bin/sh\n/bin/sleep 100 &\necho $! > pid\nwait\n");
  fs::permissions(gnuplot, fs::perms::owner_all);
  const ProgramsOf hanging(programs.path());
  const PlotResult result = plot(test::some_figure(), directory.path(), std::chrono::milliseconds(500));
  CHECK(result.problem == "gnuplot did not end within 0.5 s");
  CHECK(result.files.empty());
  const pid_t sleeper = std::stoi(test::content(directory.path() / "pid"));
  for (int i = 0; i < 1000 && kill(sleeper, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(test::entries(directory.path()) == 1);  // pid
}

TEST_CASE("a gnuplot that fails, and one that writes nothing, are problems with their message") {
  const test::TemporaryDirectory programs, directory;
  const auto says = [&](const std::string& script) {
    fs::permissions(programs.write("gnuplot", "#!/bin/sh\n" + script), fs::perms::owner_all);
    const ProgramsOf failing(programs.path());
    return plot(test::some_panels(), directory.path()).problem;
  };
  CHECK(says("echo 'no terminal' >&2; exit 1\n") == "gnuplot failed: no terminal");
  CHECK(says("echo done\n") == "gnuplot failed: done");
  CHECK(test::entries(directory.path()) == 0);
}

TEST_CASE("a script names every curve with its own style, and quotes every text") {
  const std::string script = gnuplot_script(test::some_figure());
  CHECK(script.find("title 'b''s'") != std::string::npos);
  CHECK(script.find("'it''s `touch") != std::string::npos);
  CHECK(script.find("#56B4E9") != std::string::npos);
  CHECK(script.find("#0072B2") != std::string::npos);
  CHECK(script.find("set logscale xy") != std::string::npos);
}

TEST_CASE("a long list of curves is drawn clear of the label of the line at 1, a short one is where it was") {
  Figure figure = test::some_figure();
  CHECK(gnuplot_script(figure).find("set key outside right bottom") != std::string::npos);
  for (int i = 0; i < 6; ++i) figure.curves.push_back({.label = "unnamed", .x = {1, 2}, .y = {1, 2}});
  CHECK(gnuplot_script(figure).find("set key at graph 1.09") != std::string::npos);
  for (std::size_t i = 3; i < 9; ++i) figure.curves[i].label.clear();  // no entry
  CHECK(gnuplot_script(figure).find("set key outside right bottom") != std::string::npos);
}

TEST_CASE("each panel draws its own curves, in its own strokes, with its title as it is") {
  const std::string script = gnuplot_script(test::some_panels());
  for (const int block : {0, 1, 2, 3, 4, 5, 6, 11})
    CHECK(script.find("'both.dat' index " + std::to_string(block) + " ") != std::string::npos);
  CHECK(script.find("index 12") == std::string::npos);
  CHECK(script.find("index 3 with points pointtype 7") != std::string::npos);
  CHECK(script.find("index 5 with lines linewidth 2.5 dashtype (2,3)") != std::string::npos);
  CHECK(script.find("left\\_panel") != std::string::npos);
}

TEST_CASE("labels at the ends of curves are at their curves' heights, but never on each other") {
  Figure figure = test::some_figure();
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
  Figure figure = test::some_figure();
  figure.x_range = {{0.001, 1000}};
  figure.y_range = {{0.5, 20}};
  const std::string script = gnuplot_script(figure);
  CHECK(script.find("set xrange [0.001:1000]") != std::string::npos);
  CHECK(script.find("set yrange [0.5:20]") != std::string::npos);
}
