#include "unroll/compare/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/error.hpp"

namespace unroll {
namespace {

/// Places that UTF-8 text takes: its bytes but for those that continue a code point.
std::size_t width(const std::string& text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t j = 0; j < cells.size(); ++j) {
    const std::string padding(widths[j] - width(cells[j]), ' ');
    text += j == 0 ? cells[j] + padding : "  " + padding + cells[j];
  }
  return text + '\n';
}

}  // namespace

Table::Table(std::vector<std::string> headings) { rows_.push_back(std::move(headings)); }

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() != rows_[0].size()) {
    throw ShapeError(fmt::format("table: {} columns, the row has {} cells", rows_[0].size(), cells.size()));
  }
  rows_.push_back(std::move(cells));
}

void Table::set_footnote(std::string text) { footnote_ = std::move(text); }

std::string Table::str() const {
  std::vector<std::size_t> widths(rows_[0].size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t j = 0; j < row.size(); ++j) widths[j] = std::max(widths[j], width(row[j]));
  }
  std::string text = line(rows_[0], widths);
  text += std::string(width(text) - 1, '-') + '\n';
  for (std::size_t i = 1; i < rows_.size(); ++i) text += line(rows_[i], widths);
  return footnote_.empty() ? text : text + footnote_ + '\n';
}

}  // namespace unroll
