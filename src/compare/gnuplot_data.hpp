#pragma once

#include <string>
#include <vector>

#include "unroll/compare/plot.hpp"

namespace unroll {

/// The data file of a script: the points of all curves, figure by figure, then their marked points; a block
/// for each curve, twice.
std::string gnuplot_data(const std::vector<Figure>& figures);

}  // namespace unroll
