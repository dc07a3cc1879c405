#include "carried.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/derivative/reverse.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

/// Records what made the state of step 0 or 1 in `first`. @throws UnsupportedError if the carried arrays are
/// not what it left.
void record_first(Steps& steps, const std::vector<Segment::Rows>& carried, const Vector& state, Index from,
                  Segment& first) {
  const Steps::Rehearsal rehearsal(steps);
  steps.record_steps(0, std::min<Index>(from, 1), first, 0);
  const Vector made = first.state_outputs().value();
  for (const auto& [begin, count] : carried)
    if (made.size() != state.size() || made.segment(begin, count) != state.segment(begin, count))
      throw UnsupportedError(
          fmt::format("the steps up to {} changed an array of the state, entries {} to {} of all, which "
                      "those after it pass on as "
                      "it is: what it holds of theta would be cut; differentiate all steps, or make it in "
                      "the first step or in "
                      "prepare(theta)",
                      from, begin, begin + count - 1));
}

}  // namespace

Cotangents pull_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& cotangents,
                        const Vector& state, Index from) {
  const Index columns = cotangents.cols();
  Cotangents kept{.state = Matrix::Zero(cotangents.rows(), columns)};
  for (const auto& [begin, count] : carried)
    kept.state.middleRows(begin, count) = cotangents.middleRows(begin, count);
  if (kept.state.isZero(0))
    return {Matrix::Zero(steps.dimension(), columns), {}, Matrix::Zero(steps.parameters(), columns)};
  Segment first(adjoints_per_scalar(steps.dimension(), columns, 1));
  record_first(steps, carried, state, from, first);
  first.sweep(kept, {}, columns, 1);
  return kept;
}

Matrix push_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& theta_dot,
                    const Vector& state, Index from) {
  Matrix pushed = Matrix::Zero(state.size(), theta_dot.cols());
  if (carried.empty()) return pushed;
  Segment first(1);
  record_first(steps, carried, state, from, first);
  const Matrix made = steps.push_start(std::min<Index>(from, 1), theta_dot);
  for (const auto& [begin, count] : carried) pushed.middleRows(begin, count) = made.middleRows(begin, count);
  return pushed;
}

}  // namespace unroll::detail
