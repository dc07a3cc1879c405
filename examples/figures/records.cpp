#include "records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "unroll/compare/csv.hpp"
#include "unroll/error.hpp"

namespace figures {

Records::Records(unroll::Row header, std::vector<unroll::Row> rows)
    : header_(std::move(header)), rows_(std::move(rows)) {}

Records Records::read(const std::filesystem::path& csv) {
  std::vector<unroll::Row> cells = unroll::read_csv_cells(csv);
  unroll::Row header = std::move(cells.front());
  cells.erase(cells.begin());
  return {std::move(header), std::move(cells)};
}

std::size_t Records::place(const std::string& column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end())
    throw unroll::DataError(
        fmt::format("records: no column {}, they are {}", column, fmt::join(header_, ", ")));
  return static_cast<std::size_t>(found - header_.begin());
}

Records Records::where(const std::string& column, const std::string& text) const {
  const std::size_t at = place(column);
  Records some(header_, {});
  for (const unroll::Row& row : rows_)
    if (row[at] == text) some.rows_.push_back(row);
  return some;
}

std::vector<std::string> Records::different(const std::string& column) const {
  const std::size_t at = place(column);
  std::vector<std::string> texts;
  for (const unroll::Row& row : rows_)
    if (std::find(texts.begin(), texts.end(), row[at]) == texts.end()) texts.push_back(row[at]);
  return texts;
}

std::vector<double> Records::numbers(const std::string& column) const {
  const std::size_t at = place(column);
  std::vector<double> values;
  for (const unroll::Row& row : rows_) {
    const std::string& text = row[at];
    double value = std::numeric_limits<double>::quiet_NaN();
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!text.empty() && (status != std::errc{} || end != text.data() + text.size()))
      throw unroll::DataError(fmt::format("records: '{}' in column {} is not a number", text, column));
    values.push_back(value);
  }
  return values;
}

unroll::Curve curve(const Records& records, const std::string& x, const std::string& y, std::string label,
                    std::size_t style, unroll::Stroke stroke) {
  return {.label = std::move(label),
          .x = records.numbers(x),
          .y = records.numbers(y),
          .style = style,
          .stroke = stroke};
}

Peak peak(const std::vector<double>& x, const std::vector<double>& y) {
  Peak p{0, 0};
  for (std::size_t i = 0; i < x.size(); ++i)
    if (y[i] > p.height) p = {x[i], y[i]};
  return p;
}

std::optional<double> settled(const std::vector<double>& x, const std::vector<double>& y, double level) {
  std::size_t i = y.size();
  while (i > 0 && y[i - 1] <= level) --i;
  return i < y.size() ? std::optional(x[i]) : std::nullopt;
}

double exponent(const std::vector<double>& x, const std::vector<double>& y) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] > 0 && y[i] > 0)) continue;
    const double u = std::log(x[i]), v = std::log(y[i]);
    n += 1, sx += u, sy += v, sxx += u * u, sxy += u * v;
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

double largest_deviation(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::isfinite(a[i]) && std::isfinite(b[i])) largest = std::max(largest, std::abs(a[i] / b[i] - 1));
  return largest;
}

std::string since(const std::optional<double>& settled, double last) {
  return settled ? fmt::format("from t = {:.0f}", *settled) : fmt::format("not within {:.0f} steps", last);
}

std::string cell(double value) { return fmt::format("{}", value); }

}  // namespace figures
