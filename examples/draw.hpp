// The end of an example: its figure.
#pragma once

#include <fmt/format.h>

#include "unroll/compare/plot.hpp"
#include "unroll/compare/staged_output.hpp"

namespace examples {

/// Draws a figure in a directory, and says what was written.
inline void draw(const unroll::Figure& figure, const std::string& directory) {
  unroll::StagedOutput output(directory);
  const unroll::PlotResult plot = unroll::plot(figure, output.staging());
  if (!plot.problem.empty()) fmt::print("no plot: {}\n", plot.problem);
  output.commit(plot.files);
  for (const std::string& file : plot.files) fmt::print("wrote {}/{}\n", directory, file);
}

}  // namespace examples
