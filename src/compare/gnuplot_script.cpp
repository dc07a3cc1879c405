#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "unroll/compare/plot.hpp"

namespace unroll {
namespace {

/// Okabe & Ito's colours, which colour-blind readers tell apart, and a grey; the dashes tell the lines apart
/// without colour.
struct Style {
  std::string_view colour, dash;
};
constexpr std::array<Style, 8> styles{{{"#56B4E9", "(18,6)"},
                                       {"#0072B2", "solid"},
                                       {"#E69F00", "(10,4,2,4)"},
                                       {"#CC79A7", "(5,4)"},
                                       {"#D55E00", "solid"},
                                       {"#009E73", "solid"},
                                       {"#000000", "(12,3,2,3,2,3)"},
                                       {"#777777", "(8,3)"}}};
constexpr std::array<int, 8> point_types{7, 5, 9, 11, 13, 15, 4, 6};

const Style& style_of(const Curve& curve) { return styles[curve.style % styles.size()]; }

/// A text as a gnuplot string, in which nothing is expanded: single quotes, control characters gone.
std::string literal(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    if (static_cast<unsigned char>(c) >= 0x20) result += c;
  }
  return result + "'";
}

/// Without what gnuplot's markup would expand.
std::string as_it_is(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("_^{}@&~\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

/// What the frame shows: given, or x from 1 to the last point and y from a power of ten to one.
struct Frame {
  std::pair<double, double> x, y;
};
Frame frame_of(const Figure& figure) {
  double last = 0, low = 1, high = 1;
  for (const Curve& curve : figure.curves) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      last = std::max(last, curve.x[i]);
      if (curve.y[i] > 0) low = std::min(low, curve.y[i]);
      high = std::max(high, curve.y[i]);
    }
  }
  const double bottom = std::floor(std::log10(std::clamp(low, figure.lowest_y, 0.5)));
  const double top = std::ceil(std::log10(std::clamp(high, 1.5, 1e300)));
  return {figure.x_range.value_or(std::pair{1.0, last > 1 ? last : 10}),
          figure.y_range.value_or(std::pair{std::pow(10, bottom), std::pow(10, top)})};
}

constexpr std::string_view look = R"(set encoding utf8
set logscale xy
set mxtics 10
set clip two
set border 3 linecolor rgb '#888888'
set tics nomirror out scale 0.8,0.4 textcolor rgb '#333333'
set grid xtics ytics linetype 1 linewidth 0.7 linecolor rgb '#e0e0e0'
)";
constexpr std::string_view key =
    "vertical Left reverse samplen 2.5 spacing 1.6 noenhanced textcolor rgb '#222222'";

/// Labels and ranges of the axes, and the line at 1.
std::string axes(const Figure& figure) {
  const Frame frame = frame_of(figure);
  const bool whole = frame.x.first >= 0.5 && frame.x.second < 1e6;
  const bool brief = figure.y_range && frame.y.first >= 0.5 && frame.y.second <= 1000;
  std::string text = fmt::format("set format x '{}'\nset format y '{}'\n", whole ? "%.0f" : "10^{%L}",
                                 brief ? "%.0f" : "10^{%L}");
  text += fmt::format("set xlabel {} textcolor rgb '#333333' offset 0,0.2\n", literal(figure.x_label));
  text += fmt::format("set ylabel {} textcolor rgb '#333333' offset 0.5,0\n", literal(figure.y_label));
  text += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", frame.x.first, frame.x.second,
                      frame.y.first, frame.y.second);
  if (!figure.level_label.empty()) {
    text +=
        "set arrow from graph 0, first 1 to graph 1, first 1 nohead back linewidth 1.5 dashtype (2,3) "
        "linecolor rgb '#555555'\n";
  }
  return text;
}

/// A text to the right of the frame.
struct Label {
  std::string text;
  std::string_view colour;
  double height;  // 0 … 1, the bottom and the top of the frame
};

/// Moves labels apart, so that each is `gap` above the one below it, as little as a pass up and a pass down
/// do.
void spread(std::vector<Label>& labels, double gap) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const auto& a, const auto& b) { return a.height < b.height; });
  double lowest = 0;
  for (Label& label : labels) {
    label.height = std::max(label.height, lowest);
    lowest = label.height + gap;
  }
  double highest = 1;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    label->height = std::min(label->height, highest);
    highest = label->height - gap;
  }
}

/// The labels of the curves at their ends, and of the line at 1.
std::string end_labels(const Figure& figure) {
  const auto [low, high] = frame_of(figure).y;
  const auto height = [low = low, high = high](double y) { return std::log(y / low) / std::log(high / low); };
  std::vector<Label> labels;
  if (!figure.level_label.empty() && low <= 1 && 1 <= high)
    labels.push_back({figure.level_label, "#555555", height(1)});
  for (const Curve& curve : figure.curves) {
    if (curve.label.empty() || figure.legend != Legend::ends) continue;
    double last = low;
    for (const double y : curve.y)
      if (y > 0) last = y;
    labels.push_back({curve.label, style_of(curve).colour, std::clamp(height(last), 0.0, 1.0)});
  }
  constexpr double line = 0.05;
  spread(labels, line);
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    text += fmt::format(
        "set label {} {} at graph 1, graph {:.4f} left offset 0.8,0 noenhanced textcolor rgb '{}'\n", i + 3,
        literal(labels[i].text), labels[i].height, labels[i].colour);
  }
  return text;
}

/// How the curves and their dots are drawn; their blocks begin at `first`, the dots' at `first_dot`.
std::string plot_command(const Figure& figure, const std::string& name, std::size_t first,
                         std::size_t first_dot) {
  const std::string data = literal(name + ".dat");
  std::vector<std::string> lines, dots;
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const Curve& curve = figure.curves[i];
    const Style& style = style_of(curve);
    const std::string drawn = curve.stroke == Stroke::points
                                  ? fmt::format("points pointtype {} pointsize 0.6 linewidth 1.5",
                                                point_types[curve.style % styles.size()])
                                  : fmt::format("lines linewidth 2.5 dashtype {}",
                                                curve.stroke == Stroke::dotted ? "(2,3)" : style.dash);
    lines.push_back(fmt::format("{} index {} with {} linecolor rgb '{}' title {}", data, first + i, drawn,
                                style.colour, literal(curve.label)));
    dots.push_back(fmt::format("{} index {} with points pointtype 7 pointsize 1.2 linecolor rgb '{}' notitle",
                               data, first_dot + i, style.colour));
  }
  lines.insert(lines.end(), dots.begin(), dots.end());
  return fmt::format("plot {}\n", fmt::join(lines, ", \\\n     "));
}

/// The commands that draw, on both terminals. Sizes of fonts in points of that terminal.
template <class Drawing>
std::string on_terminals(const std::string& name, int width, int height, Drawing drawing) {
  return fmt::format(
      "\nset terminal svg size {0},{1} font 'Arial,15' background rgb 'white'\nset output {2}\n{3}unset "
      "output\n"
      "\nif (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {{ set terminal pngcairo size {4},{5} font 'Sans,15' "
      "fontscale 1.7 linewidth 2 pointscale 2 }} else {{ set terminal png size {0},{1} }}\nset output "
      "{6}\n{7}unset output\n",
      width, height, literal(name + ".svg"), drawing("Arial"), 2 * width, 2 * height, literal(name + ".png"),
      drawing("Sans"));
}

std::string title(const std::string& place, const std::string& title, const std::string& subtitle,
                  std::string_view family, double above) {
  return fmt::format("set label 1 {} at {} offset 0,{} font '{},18' textcolor rgb '#111111'\n",
                     literal("{/:Bold " + title + "}"), place, above + 1.8, family) +
         fmt::format("set label 2 {} at {} offset 0,{} noenhanced font '{},14' textcolor rgb '#555555'\n",
                     literal(subtitle), place, above, family);
}

/// Of a text in UTF-8.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Characters of the longest label to the right of the frame.
std::size_t longest_label(const Figure& figure) {
  std::size_t longest = characters(figure.level_label);
  if (figure.legend == Legend::none) return longest;
  for (const Curve& curve : figure.curves) longest = std::max(longest, characters(curve.label));
  return longest;
}

/// Where the panels stand, in pixels: the frame of each, and room for its labels.
class Layout {
 public:
  static constexpr int height = 640, axis_width = 108, frame_width = 420;

  explicit Layout(const Panels& panels) {
    for (const Figure& figure : panels.figures) {
      label_widths_.push_back(30 + 9 * static_cast<int>(longest_label(figure)) +
                              (figure.legend == Legend::list ? 60 : 0));
    }
  }
  int left(std::size_t panel) const {
    return std::accumulate(label_widths_.begin(), label_widths_.begin() + static_cast<std::ptrdiff_t>(panel),
                           axis_width + static_cast<int>(panel) * (axis_width + frame_width));
  }
  int width() const { return left(label_widths_.size()) - axis_width; }
  double fraction(int pixels) const { return static_cast<double>(pixels) / width(); }

 private:
  std::vector<int> label_widths_;
};

/// The list of a figure that stands alone: a long one closer, and further right, clear of the label at 1.
std::string list(const Figure& figure) {
  const auto entries = std::count_if(figure.curves.begin(), figure.curves.end(),
                                     [](const Curve& curve) { return !curve.label.empty(); });
  if (entries <= 8) return fmt::format("set key outside right bottom {}\n", key);
  return fmt::format("set rmargin {}\nset key at graph 1.09, graph 0 left bottom {}\nset key spacing 1.35\n",
                     longest_label(figure) + 10, key);
}

std::string legend(const Figure& figure) {
  if (figure.legend != Legend::list) return "unset key\n";
  return fmt::format("set key at graph 1.03, graph 0 left bottom {}\n", key);
}

/// One of the panels; its curves' blocks begin at `first` of `curves`.
std::string panel(const Panels& panels, const Layout& layout, std::size_t i, std::size_t first,
                  std::size_t curves) {
  const Figure& figure = panels.figures[i];
  const int left = layout.left(i);
  return fmt::format(
             "{}unset arrow\nset lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\n"
             "set tmargin at screen 0.80\nset bmargin at screen 0.13\n",
             i > 0 ? "unset label\n" : "", layout.fraction(left),
             layout.fraction(left + Layout::frame_width)) +
         axes(figure) + legend(figure) + end_labels(figure) +
         fmt::format("set label 1000 {} at graph 0, graph 1 offset 0,1 textcolor rgb '#222222'\n",
                     literal("{/:Bold " + as_it_is(figure.title) + "}")) +
         plot_command(figure, panels.name, first, curves + first);
}

}  // namespace

std::string gnuplot_script(const Figure& figure) {
  const std::string labels = figure.legend == Legend::list
                                 ? list(figure)
                                 : fmt::format("unset key\nset rmargin {}\n", longest_label(figure) + 3);
  return fmt::format("{}set tmargin 5.5\nset lmargin 10\nset bmargin 4\n{}{}{}", look, labels, axes(figure),
                     end_labels(figure)) +
         on_terminals(figure.name, 1080, 640, [&](std::string_view family) {
           return title("graph 0, graph 1", figure.title, figure.subtitle, family, 1.4) +
                  plot_command(figure, figure.name, 0, figure.curves.size());
         });
}

std::string gnuplot_script(const Panels& panels) {
  const Layout layout(panels);
  std::size_t curves = 0;
  for (const Figure& figure : panels.figures) curves += figure.curves.size();
  const std::string place = fmt::format("screen {:.5f}, screen 0.9", layout.fraction(layout.left(0)));
  return std::string(look) +
         on_terminals(panels.name, layout.width(), Layout::height, [&](std::string_view family) {
           std::string text =
               "set multiplot\nunset label\n" + title(place, panels.title, panels.subtitle, family, 0);
           std::size_t first = 0;
           for (std::size_t i = 0; i < panels.figures.size(); ++i) {
             text += panel(panels, layout, i, first, curves);
             first += panels.figures[i].curves.size();
           }
           return text + "unset multiplot\n";
         });
}

}  // namespace unroll
