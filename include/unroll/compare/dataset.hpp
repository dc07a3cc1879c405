#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/compare/csv.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// A table split into features and the target that they explain.
struct Dataset {
  std::vector<std::string> names;  // n
  Matrix values;                   // m×n
  std::string target_name;         // as in the table
  Vector target;                   // m
};

/// Takes one column of a table as the target, by default (an empty name) the last.
/// @throws DataError if there is no such column (the message lists them), if two have the name, or if no
/// other is left.
Dataset select_target(const CsvTable& table, std::string_view target_name = {});

/// What `standardise` makes of a data set.
struct Standardised {
  Dataset data;                      // every column with mean 0 and variance 1
  std::vector<std::string> dropped;  // names of the constant columns, which are gone
};

/// Column by column (a − mean(a))/sqrt(Σ(a_i − mean(a))²/m); constant columns are dropped. The target is left
/// alone.
/// @throws DataError if every column is constant.
Standardised standardise(const Dataset& data);

/// y − mean(y), length m. @throws DataError if y is constant: x* and ∂x* would be zero, relative errors
/// undefined.
Vector centred(const Vector& target);

/// −1 for the smaller and +1 for the larger value of a target, length m.
/// @throws DataError if the target does not take exactly two values.
Vector plus_minus_labels(const Vector& target);

/// What a synthetic target is: any number, or −1 and 1.
enum class SyntheticTarget { real, two_valued };

/// Columns x1 … x100 and y, 400 rows: A and w standard normal, y = A w + 0.5·noise (its sign if two-valued).
/// Drawn from stream 1 of the seed in the order A (row by row), w, noise.
CsvTable synthetic_table(std::uint64_t seed, SyntheticTarget kind = SyntheticTarget::real);

}  // namespace unroll
