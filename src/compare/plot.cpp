#include "unroll/compare/plot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "unroll/compare/staged_output.hpp"

namespace unroll {
namespace fs = std::filesystem;
namespace {

/// Okabe & Ito's colours, which colour-blind readers tell apart; the dashes tell the lines apart without
/// colour.
struct Style {
  std::string_view colour, dash;
};
constexpr std::array<Style, 6> styles{{{"#56B4E9", "(18,6)"},
                                       {"#0072B2", "solid"},
                                       {"#E69F00", "(10,4,2,4)"},
                                       {"#CC79A7", "(5,4)"},
                                       {"#D55E00", "solid"},
                                       {"#009E73", "solid"}}};

/// A text as a gnuplot string, in which nothing is expanded: single quotes, control characters gone.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    if (static_cast<unsigned char>(c) >= 0x20) result += c;
  }
  return result + "'";
}

/// Points as one block of gnuplot's data: never empty, two blank lines at its end.
std::string block(const std::vector<double>& x, const std::vector<double>& y) {
  std::string text;
  for (std::size_t i = 0; i < x.size(); ++i) {
    text += y[i] > 0 ? fmt::format("{} {}\n", x[i], y[i]) : fmt::format("{} NaN\n", x[i]);
  }
  return (text.empty() ? "NaN NaN\n" : text) + "\n\n";
}

/// The points of the curves, then their marked points: a block for each curve, twice.
std::string data_blocks(const Figure& figure) {
  std::string curves, dots;
  for (const Curve& curve : figure.curves) {
    curves += block(curve.x, curve.y);
    dots += curve.marked ? block({curve.marked->first}, {curve.marked->second}) : block({}, {});
  }
  return curves + dots;
}

/// The ranges of both axes: x from 1 to the last point, y from a power of ten to one.
std::string ranges(const Figure& figure) {
  double last = 0, low = 1, high = 1;
  for (const Curve& curve : figure.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      last = std::max(last, curve.x[i]);
      if (curve.y[i] > 0) low = std::min(low, curve.y[i]);
      high = std::max(high, curve.y[i]);
    }
  }
  return fmt::format("set xrange [1:{}]\nset yrange [1e{}:1e{}]\n", last > 1 ? last : 10,
                     std::floor(std::log10(std::clamp(low, figure.lowest_y, 0.5))),
                     std::ceil(std::log10(std::clamp(high, 1.5, 1e300))));
}

/// Axes, frame, grid and legend.
std::string frame(const Figure& figure) {
  std::string text = R"(set encoding utf8
set logscale xy
set format x '%.0f'
set format y '10^{%L}'
set mxtics 10
set clip two
set border 3 linecolor rgb '#888888'
set tics nomirror out scale 0.8,0.4 textcolor rgb '#333333'
set grid xtics ytics linetype 1 linewidth 0.7 linecolor rgb '#e0e0e0'
set key outside right bottom vertical Left reverse samplen 2.5 spacing 1.6 noenhanced textcolor rgb '#222222'
set tmargin 5.5
set lmargin 10
set bmargin 4
)";
  text += fmt::format("set xlabel {} textcolor rgb '#333333' offset 0,0.2\n", quoted(figure.x_label));
  text += fmt::format("set ylabel {} textcolor rgb '#333333' offset 0.5,0\n", quoted(figure.y_label));
  text += ranges(figure);
  if (!figure.level_label.empty()) {
    text +=
        "set arrow from graph 0, first 1 to graph 1, first 1 nohead back linewidth 1.5 dashtype (2,3) "
        "linecolor rgb '#555555'\n";
    text += fmt::format(
        "set label 3 {} at graph 1, first 1 left offset 0.6,0 noenhanced "
        "textcolor rgb '#555555'\n",
        quoted(figure.level_label));
  }
  return text;
}

/// The plot command: the curves, then their dots.
std::string plot_command(const Figure& figure) {
  const std::string data = quoted(figure.name + ".dat");
  const std::size_t count = figure.curves.size();
  std::vector<std::string> parts(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const Style& style = styles[figure.curves[i].style % styles.size()];
    parts[i] = fmt::format("{} index {} with lines linewidth 2.5 linecolor rgb '{}' dashtype {} title {}",
                           data, i, style.colour, style.dash, quoted(figure.curves[i].label));
    parts[count + i] =
        fmt::format("{} index {} with points pointtype 7 pointsize 1.2 linecolor rgb '{}' notitle", data,
                    count + i, style.colour);
  }
  return fmt::format("plot {}\n", fmt::join(parts, ", \\\n     "));
}

/// Title, subtitle and plot on one terminal. Sizes of fonts in points of that terminal.
std::string drawing(const Figure& figure, std::string_view terminal, std::string_view file,
                    std::string_view family) {
  return fmt::format(R"(
{}
set output {}
set label 1 {} at graph 0, graph 1 offset 0,3.2 font '{},18' textcolor rgb '#111111'
set label 2 {} at graph 0, graph 1 offset 0,1.4 noenhanced font '{},14' textcolor rgb '#555555'
{}unset output
)",
                     terminal, quoted(std::string(file)), quoted("{/:Bold " + figure.title + "}"), family,
                     quoted(figure.subtitle), family, plot_command(figure));
}

/// Runs gnuplot on a script in a directory, its messages going to a file there. The exit status; 127 without
/// gnuplot.
int run_gnuplot(const fs::path& directory, const std::string& script, const std::string& log) {
  const pid_t child = fork();
  if (child == 0) {
    const int messages = chdir(directory.c_str()) == 0 ? open(log.c_str(), O_WRONLY | O_CREAT, 0600) : -1;
    if (messages < 0) _exit(126);
    dup2(messages, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    execlp("gnuplot", "gnuplot", "--default-settings", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 126;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

/// The first line of a file that says something.
std::string first_message(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  while (std::getline(in, line) && line.find_first_not_of(" \t\r") == std::string::npos) continue;
  return line;
}

}  // namespace

std::string gnuplot_script(const Figure& figure) {
  return frame(figure) +
         drawing(figure, "set terminal svg size 1080,640 font 'Arial,15' background rgb 'white'",
                 figure.name + ".svg", "Arial") +
         drawing(figure,
                 "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) { set terminal pngcairo size 2160,1280 font "
                 "'Sans,15' "
                 "fontscale 1.7 linewidth 2 pointscale 2 } else { set terminal png size 1080,640 }",
                 figure.name + ".png", "Sans");
}

PlotResult plot(const Figure& figure, const fs::path& directory) {
  const std::string script = figure.name + ".gp", data = figure.name + ".dat", log = figure.name + ".log";
  write_file(directory / data, data_blocks(figure));
  write_file(directory / script, gnuplot_script(figure));
  const int status = run_gnuplot(directory, script, log);
  PlotResult result;
  result.files = {figure.name + ".svg", figure.name + ".png"};
  const bool complete = std::all_of(result.files.begin(), result.files.end(), [&](const std::string& file) {
    std::error_code ignored;
    return fs::file_size(directory / file, ignored) > 0 && !ignored;
  });
  if (status == 127) {
    result.problem = "gnuplot is not installed";
  } else if (status != 0 || !complete) {
    result.problem = "gnuplot failed: " + first_message(directory / log);
  }
  std::vector<std::string> leftovers = {script, data, log};
  if (!result.problem.empty()) leftovers.insert(leftovers.end(), result.files.begin(), result.files.end());
  if (!result.problem.empty()) result.files.clear();
  for (const std::string& file : leftovers) {
    std::error_code ignored;
    fs::remove(directory / file, ignored);
  }
  return result;
}

}  // namespace unroll
