#include "unroll/compare/html.hpp"

#include <fmt/format.h>

#include <regex>

namespace unroll {
namespace {

std::string table_row(const std::vector<std::string>& cells, std::string_view scope) {
  std::string text = "<tr>";
  for (std::size_t j = 0; j < cells.size(); ++j) {
    const std::string cell = escape_html(cells[j]);
    text += scope == "col" ? fmt::format("<th scope=\"col\">{}</th>", cell)
            : j == 0       ? fmt::format("<th scope=\"row\">{}</th>", cell)
                           : fmt::format("<td>{}</td>", cell);
  }
  return text + "</tr>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f ? ' ' : c;
    }
  }
  return result;
}

std::string html_table(const Table& table, std::string_view name) {
  const auto& rows = table.rows();
  std::string text = fmt::format(
      "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table>\n<thead>\n{}</thead>\n"
      "<tbody>\n",
      escape_html(name), table_row(rows[0], "col"));
  for (std::size_t i = 1; i < rows.size(); ++i) text += table_row(rows[i], "row");
  text += "</tbody>\n</table>\n</div>\n";
  if (!table.footnote().empty()) {
    text += fmt::format("<p class=\"footnote\">{}</p>\n", escape_html(table.footnote()));
  }
  return text;
}

std::string inline_svg(std::string_view svg, std::string_view prefix, std::string_view title) {
  const auto begin = svg.find("<svg"), end = svg.rfind("</svg>");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
  std::string text(svg.substr(begin, end - begin));
  const std::string id = escape_html(prefix);
  // gnuplot titles the picture after itself and unnamed curves by number; browsers show that as a tooltip.
  text = std::regex_replace(text, std::regex("<title>(Gnuplot|gnuplot_plot_\\d+)</title>|<desc>[^<]*</desc>"),
                            "");
  text = std::regex_replace(text, std::regex("\\s+xmlns(:\\w+)?=(\"[^\"]*\"|'[^']*')"), "");
  text = std::regex_replace(text, std::regex("(\\sid=[\"'])"), "$1" + id + "-");
  text = std::regex_replace(text, std::regex("(href=[\"']#|url\\(['\"]?#)"), "$1" + id + "-");
  const auto after_tag = text.find('>') + 1;
  text.insert(after_tag, fmt::format("\n<title>{}</title>", escape_html(title)));
  return text.insert(4, " role=\"img\"") + "</svg>\n";
}

}  // namespace unroll
