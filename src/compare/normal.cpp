#include "unroll/compare/normal.hpp"

#include <cmath>

namespace unroll {
namespace {

std::mt19937_64 seeded_engine(std::uint64_t seed, std::uint32_t stream) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), stream};
  return std::mt19937_64(sequence);
}

/// Uniform in (−1, 1), from the upper 53 bits.
double symmetric_uniform(std::mt19937_64& engine) {
  return std::ldexp(static_cast<double>(engine() >> 11), -52) - 1;
}

}  // namespace

NormalGenerator::NormalGenerator(std::uint64_t seed, std::uint32_t stream)
    : engine_(seeded_engine(seed, stream)) {}

double NormalGenerator::operator()() {
  if (spare_) {
    const double value = *spare_;
    spare_.reset();
    return value;
  }
  double u = 0, v = 0, square = 0;
  do {
    u = symmetric_uniform(engine_);
    v = symmetric_uniform(engine_);
    square = u * u + v * v;
  } while (square >= 1 || square == 0);
  const double scale = std::sqrt(-2 * std::log(square) / square);
  spare_ = v * scale;
  return u * scale;
}

Vector NormalGenerator::vector(Index n) { return matrix(n, 1); }

Matrix NormalGenerator::matrix(Index m, Index n) {
  Matrix values(m, n);
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) values(i, j) = (*this)();
  }
  return values;
}

}  // namespace unroll
