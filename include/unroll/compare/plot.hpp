#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace unroll {

/// One line of a figure.
struct Curve {
  std::string label = {};
  std::vector<double> x = {}, y = {};  // what is not positive leaves a gap: both axes are logarithmic
  std::optional<std::pair<double, double>> marked = {};  // a point worth a dot
  std::size_t style = 0;  // colour and dash: one solver keeps its style in every figure
};

/// A line plot with two logarithmic axes.
struct Figure {
  std::string name;                     // of the files: name.svg and name.png
  std::string subtitle;                 // shown as it is
  std::string title, x_label, y_label;  // may use gnuplot's markup: x_t is x with the index t
  double lowest_y = 1e-8;               // the frame ends there; below lie convergence and rounding
  std::string level_label;              // a horizontal line at 1 with this label, if not empty
  std::vector<Curve> curves;            // drawn in this order
};

/// What `plot` wrote.
struct PlotResult {
  std::vector<std::string> files;  // written to the directory
  std::string problem;             // empty, or why nothing was written: one line
};

/// Draws a figure as SVG and PNG with gnuplot (5 or later), which runs without a shell, in `directory`, and
/// finds texts and numbers in files there that are removed afterwards. Never throws for a missing or failing
/// gnuplot: see `problem`.
/// @throws DataError if the files for gnuplot cannot be written.
PlotResult plot(const Figure& figure, const std::filesystem::path& directory);

/// The gnuplot script that plot() runs; it reads name.dat and writes name.svg and name.png in its working
/// directory.
std::string gnuplot_script(const Figure& figure);

}  // namespace unroll
