#include "unroll/problem/prox_terms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_parameter(Index parameter, Index p) {
  if (parameter >= p)
    throw ShapeError(fmt::format("l1: its weight is theta[{}], theta has {} entries", parameter, p));
}

Vector simplex_support(const Vector& v, double total) {
  if (!(total > 0) || std::isinf(total))
    throw DomainError(fmt::format("simplex: the total is {}, it must be positive and finite", total));
  if (v.size() == 0) throw ShapeError("simplex: x is empty");
  Vector sorted = v;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  // The threshold is the largest of the means over the k greatest entries, and the k that attain it are kept.
  double sum = 0, threshold = -std::numeric_limits<double>::infinity();
  for (Index k = 0; k < sorted.size(); ++k) {
    sum += sorted[k];
    threshold = std::max(threshold, (sum - total) / static_cast<double>(k + 1));
  }
  return (v.array() > threshold || v.array() == sorted[0]).cast<double>();
}

}  // namespace unroll::detail
