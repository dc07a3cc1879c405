#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "unroll/types.hpp"

namespace unroll {

/// Standard normal numbers that are the same with every standard library, which std::normal_distribution is
/// not: std::mt19937_64 seeded through std::seed_seq by (seed, stream), and Marsaglia's polar method.
class NormalGenerator {
 public:
  /// Different streams of one seed are independent: data and start point do not disturb each other.
  explicit NormalGenerator(std::uint64_t seed, std::uint32_t stream = 0);

  /// The next number.
  double operator()();

  Vector vector(Index n);           // n
  Matrix matrix(Index m, Index n);  // m×n, drawn row by row

 private:
  std::mt19937_64 engine_;
  std::optional<double> spare_;  // the polar method makes two at a time
};

}  // namespace unroll
