#include "unroll/check/first_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "derivative/run/steps.hpp"

namespace unroll {

std::string FirstDifference::str() const {
  return fmt::format(
      "step {}: the derivative of x[{}] in theta[{}] is {} by the first method and {} by the second, "
      "off by {:.2g}",
      step, row, column, first, second, error);
}

namespace detail {

Index steps_taken(StepsPtr steps) {
  steps->run();
  return steps->record.steps;
}

std::optional<FirstDifference> first_difference(
    const std::function<Matrix(Index steps, const Method&)>& jacobian, Index steps, const Method& first,
    const Method& second, double tolerance) {
  const auto compare = [&](Index t) -> std::optional<FirstDifference> {
    const Matrix a = jacobian(t, first), b = jacobian(t, second);
    const double size = std::max(
        {a.lpNorm<Eigen::Infinity>(), b.lpNorm<Eigen::Infinity>(), std::numeric_limits<double>::min()});
    std::optional<FirstDifference> worst;
    for (Index j = 0; j < a.cols(); ++j)
      for (Index i = 0; i < a.rows(); ++i) {
        const double error = std::abs(a(i, j) - b(i, j)) / size;
        if (error <= tolerance || (worst && error <= worst->error)) continue;  // (NaN is a difference)
        worst = FirstDifference{t, error, i, j, a(i, j), b(i, j)};
      }
    return worst;
  };
  std::optional<FirstDifference> found = compare(steps);
  if (!found) return std::nullopt;
  Index equal = -1;  // they differ after `found->step`, not after this
  while (found->step - equal > 1) {
    const Index middle = equal + (found->step - equal) / 2;
    if (const auto there = compare(middle))
      found = there;
    else
      equal = middle;
  }
  return found;
}

}  // namespace detail
}  // namespace unroll
