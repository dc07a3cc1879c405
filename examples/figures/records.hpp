// The rows of a figure's CSV file.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "unroll/compare/jobs.hpp"
#include "unroll/compare/plot.hpp"

namespace figures {

/// Rows of text below a header, addressed by the names of the columns.
class Records {
 public:
  Records(unroll::Row header, std::vector<unroll::Row> rows);
  /// @throws DataError as read_csv_cells.
  static Records read(const std::filesystem::path& csv);

  std::size_t size() const { return rows_.size(); }
  /// Those with this text in a column. All: @throws DataError if there is no such column.
  Records where(const std::string& column, const std::string& text) const;
  /// The different texts of a column, in the order of their first appearance.
  std::vector<std::string> different(const std::string& column) const;
  /// The numbers of a column; NaN where a cell is empty. @throws DataError where it is another text.
  std::vector<double> numbers(const std::string& column) const;

 private:
  std::size_t place(const std::string& column) const;

  unroll::Row header_;
  std::vector<unroll::Row> rows_;
};

/// Two columns as a curve.
unroll::Curve curve(const Records& records, const std::string& x, const std::string& y, std::string label,
                    std::size_t style, unroll::Stroke stroke = unroll::Stroke::line);

/// The largest of some numbers, where it is first, NaN left out; 0 and 0 of none.
struct Peak {
  double at, height;
};
Peak peak(const std::vector<double>& x, const std::vector<double>& y);

/// The first x from which on y ≤ level; none if the last is above.
std::optional<double> settled(const std::vector<double>& x, const std::vector<double>& y, double level);

/// The slope of log y against log x by least squares, points that are not positive left out.
double exponent(const std::vector<double>& x, const std::vector<double>& y);

/// The largest |a/b − 1| of pairs of finite numbers.
double largest_deviation(const std::vector<double>& a, const std::vector<double>& b);

/// `from t = 12`, or `not within 300 steps`.
std::string since(const std::optional<double>& settled, double last);

/// A number in the shortest form that reads back as it.
std::string cell(double value);

}  // namespace figures
