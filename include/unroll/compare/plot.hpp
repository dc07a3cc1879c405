#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace unroll {

/// How a curve is drawn: as its style says, dotted, or as points that no line joins.
enum class Stroke { line, dotted, points };

/// One line of a figure.
struct Curve {
  std::string label = {};      // shown as it is
  std::vector<double> x = {};  // as many as y
  std::vector<double> y = {};  // what is not positive leaves a gap: both axes are logarithmic
  std::optional<std::pair<double, double>> marked = {};  // a point worth a dot
  std::size_t style = 0;         // colour and dash: one solver keeps its style in every figure
  Stroke stroke = Stroke::line;  // how it is drawn
};

/// Where the curves' labels are: in a list with samples on the right, or each at the end of its curve.
enum class Legend { list, ends, none };
/// The first and the last value on an axis, both positive; empty: chosen by the curves.
using AxisRange = std::optional<std::pair<double, double>>;

/// A line plot with two logarithmic axes.
struct Figure {
  std::string name = {};           // of the files: name.svg and name.png
  std::string subtitle = {};       // shown as it is
  std::string title = {};          // may use gnuplot's markup: x_t is x with the index t
  std::string x_label = {};        // likewise
  std::string y_label = {};        // likewise
  double lowest_y = 1e-8;          // the frame ends there; below lie convergence and rounding
  std::string level_label = {};    // a horizontal line at 1 with this label, if not empty
  std::vector<Curve> curves = {};  // in the order of the legend
  AxisRange x_range = {};          // empty: from 1 to the last x
  AxisRange y_range = {};          // empty: by decades around 1
  Legend legend = Legend::list;    // where the labels are
};

/// Figures side by side, one picture.
struct Panels {
  std::string name;             // of the files; the figures' own names are not used
  std::string title;            // may use gnuplot's markup
  std::string subtitle;         // shown as it is
  std::vector<Figure> figures;  // the title above each, as it is; their subtitles are not shown
};

/// What `plot` wrote.
struct PlotResult {
  std::vector<std::string> files;  // written to the directory
  std::string problem;             // empty, or why nothing was written: one line
};

/// Draws a figure as SVG and PNG with gnuplot (5 or later), which runs without a shell, in `directory`, and
/// finds texts and numbers in files there that are removed afterwards. Never throws for a gnuplot that is
/// missing, fails, or is stopped as it has not ended within the limit: see `problem`.
/// @throws DataError if the files for gnuplot cannot be written.
/// @{
PlotResult plot(const Figure& figure, const std::filesystem::path& directory,
                std::chrono::milliseconds limit = std::chrono::seconds(60));
PlotResult plot(const Panels& panels, const std::filesystem::path& directory,
                std::chrono::milliseconds limit = std::chrono::seconds(60));
/// @}

/// The gnuplot script that plot() runs; it reads name.dat and writes name.svg and name.png in its working
/// directory.
/// @{
std::string gnuplot_script(const Figure& figure);
std::string gnuplot_script(const Panels& panels);
/// @}

}  // namespace unroll
