#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "unroll/mpi/communicator.hpp"
#include "unroll/types.hpp"

namespace unroll::test {

/// All ranks of the test.
const mpi::Communicator& ranks();

/// Whether the bits of an array are the same on all ranks. Asked on all of them.
template <class Array>
bool same_on_all(const Array& array) {
  const auto all = ranks().gather({array.data(), static_cast<std::size_t>(array.size())});
  for (const std::vector<double>& other : all)
    if (other.size() != all[0].size() ||
        std::memcmp(other.data(), all[0].data(), other.size() * sizeof(double)) != 0)
      return false;
  return true;
}
inline bool same_on_all(double number) { return same_on_all(Vector::Constant(1, number).eval()); }

template <class Array>
double gap(const Array& a, const Array& b) {
  return (a - b).norm() / std::max(1.0, b.norm());
}

/// A table of rows and labels ±1, the same on all ranks.
struct Table {
  Matrix a;
  Vector y;
  Matrix rows(const mpi::Rows& r) const { return a.middleRows(r.first, r.count); }
  Vector labels(const mpi::Rows& r) const { return y.segment(r.first, r.count); }
};
inline Table table(Index m, Index n, unsigned seed = 1) {
  std::mt19937_64 bits(seed);
  const auto draw = [&](auto) { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1; };
  Table t{Matrix::Zero(m, n).unaryExpr(draw), {}};
  const Vector x = Vector::LinSpaced(n, -1, 1), noise = Vector::Zero(m).unaryExpr(draw);
  t.y = (t.a * x + 0.5 * noise).unaryExpr([](double z) { return z < 0 ? -1.0 : 1.0; });
  return t;
}

}  // namespace unroll::test
