#include "unroll/problem/finite_sum.hpp"

#include <fmt/format.h>

#include <numeric>

#include "unroll/error.hpp"

namespace unroll::detail {

std::vector<Index> all_rows(Index m) {
  if (m < 1) throw ShapeError(fmt::format("make_finite_sum: m = {}", m));
  std::vector<Index> rows(static_cast<std::size_t>(m));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

}  // namespace unroll::detail
