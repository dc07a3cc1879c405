#include "compare/gnuplot_data.hpp"

#include <fmt/format.h>

namespace unroll {
namespace {

/// Points as one block of gnuplot's data: never empty, two blank lines at its end.
std::string block(const std::vector<double>& x, const std::vector<double>& y) {
  std::string text;
  for (std::size_t i = 0; i < x.size(); ++i) {
    text += y[i] > 0 ? fmt::format("{} {}\n", x[i], y[i]) : fmt::format("{} NaN\n", x[i]);
  }
  return (text.empty() ? "NaN NaN\n" : text) + "\n\n";
}

}  // namespace

std::string gnuplot_data(const std::vector<Figure>& figures) {
  std::string curves, dots;
  for (const Figure& figure : figures) {
    for (const Curve& curve : figure.curves) {
      curves += block(curve.x, curve.y);
      dots += curve.marked ? block({curve.marked->first}, {curve.marked->second}) : block({}, {});
    }
  }
  return curves + dots;
}

}  // namespace unroll
