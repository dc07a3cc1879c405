#include "unroll/compare/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "unroll/compare/normal.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

/// (a − mean)/deviation, or an empty vector if a is constant. The power of two costs no digit and avoids
/// overflow.
Vector standardised_column(const Vector& column) {  // m
  if (column.maxCoeff() == column.minCoeff()) return {};
  Vector a = column * std::ldexp(1.0, std::min(1000, -std::ilogb(column.cwiseAbs().maxCoeff())));
  a.array() -= a.mean();
  a.array() -= a.mean();  // what rounding left of the mean
  const double variance = a.squaredNorm() / static_cast<double>(a.size());
  return a / std::sqrt(variance);
}

Index target_column(const CsvTable& table, std::string_view name) {
  if (name.empty()) return static_cast<Index>(table.names.size()) - 1;
  const auto found = std::find(table.names.begin(), table.names.end(), name);
  if (found == table.names.end()) {
    throw DataError(
        fmt::format("no column is named '{}'; the columns are {}", name, fmt::join(table.names, ", ")));
  }
  if (std::find(found + 1, table.names.end(), name) != table.names.end()) {
    throw DataError(fmt::format("two columns are named '{}'", name));
  }
  return found - table.names.begin();
}

}  // namespace

Dataset select_target(const CsvTable& table, std::string_view target_name) {
  const Index target = target_column(table, target_name);
  const Index columns = table.values.cols();
  if (columns < 2) throw DataError("only one column: a target and at least one other column are needed");
  Dataset data;
  data.target_name = table.names[static_cast<std::size_t>(target)];
  data.target = table.values.col(target);
  data.values.resize(table.values.rows(), columns - 1);
  data.values << table.values.leftCols(target), table.values.rightCols(columns - 1 - target);
  data.names = table.names;
  data.names.erase(data.names.begin() + target);
  return data;
}

Standardised standardise(const Dataset& data) {
  Standardised result{{{}, Matrix(data.values.rows(), data.values.cols()), data.target_name, data.target},
                      {}};
  Dataset& kept = result.data;
  for (Index j = 0; j < data.values.cols(); ++j) {
    const std::string& name = data.names[static_cast<std::size_t>(j)];
    const Vector column = standardised_column(data.values.col(j));
    if (column.size() == 0) {
      result.dropped.push_back(name);
    } else {
      kept.values.col(static_cast<Index>(kept.names.size())) = column;
      kept.names.push_back(name);
    }
  }
  if (kept.names.empty()) throw DataError("every column is constant: nothing is left to explain the target");
  kept.values.conservativeResize(Eigen::NoChange, static_cast<Index>(kept.names.size()));
  return result;
}

Vector centred(const Vector& target) {
  if (target.maxCoeff() == target.minCoeff())
    throw DataError("the target is constant: there is nothing to explain");
  const Vector shifted = target.array() - target.mean();
  return shifted.array() - shifted.mean();
}

Vector plus_minus_labels(const Vector& target) {
  const double low = target.minCoeff();
  const double high = target.maxCoeff();
  const auto other =
      std::find_if(target.begin(), target.end(), [=](double v) { return v != low && v != high; });
  if (low == high || other != target.end()) {
    const std::string values = low == high ? fmt::format("only {}", low)
                                           : fmt::format("{}, {}, {} and perhaps more", low, high, *other);
    throw DataError(
        fmt::format("a target of two values is needed for two classes, this one takes {}", values));
  }
  return target.unaryExpr([=](double v) { return v == low ? -1.0 : 1.0; });
}

CsvTable synthetic_table(std::uint64_t seed, SyntheticTarget kind) {
  constexpr Index rows = 400;
  constexpr Index columns = 100;
  constexpr double noise_level = 0.5;
  NormalGenerator normal(seed, 1);
  CsvTable table;
  for (Index j = 1; j <= columns; ++j) table.names.push_back(fmt::format("x{}", j));
  table.names.push_back("y");
  table.values.resize(rows, columns + 1);
  table.values.leftCols(columns) = normal.matrix(rows, columns);
  const Vector weights = normal.vector(columns);
  const Vector noise = normal.vector(rows);
  Vector y = table.values.leftCols(columns) * weights + noise_level * noise;
  if (kind == SyntheticTarget::two_valued) y = y.unaryExpr([](double v) { return v < 0 ? -1.0 : 1.0; });
  table.values.col(columns) = y;
  return table;
}

}  // namespace unroll
