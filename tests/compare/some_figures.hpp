#pragma once

#include "unroll/compare/plot.hpp"

namespace unroll::test {

inline Figure some_figure() {
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

inline Panels some_panels() {
  Figure left = some_figure(), right = some_figure();
  left.title = "left_panel";
  left.legend = Legend::none;
  right.curves.front().stroke = Stroke::points;
  right.curves.back().stroke = Stroke::dotted;
  return {.name = "both", .title = "Title", .subtitle = left.subtitle, .figures = {left, right}};
}

}  // namespace unroll::test
