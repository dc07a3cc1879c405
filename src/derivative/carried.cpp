#include "carried.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/ad/sparse.hpp"
#include "unroll/derivative/reverse.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

/// Records what made the state of step 0 or 1 in `first`. Those of the carried arrays that were in that
/// state: another, of a state that grew since, is cut as all else that later steps make. @throws
/// UnsupportedError if they are not what the first step left.
std::vector<Segment::Rows> record_first(Steps& steps, std::vector<Segment::Rows> carried, const Vector& state,
                                        Index from, Segment& first) {
  const Steps::Rehearsal rehearsal(steps);
  steps.record_steps(0, std::min<Index>(from, 1), first, 0);
  const Stack& outputs = first.state_outputs();
  const Vector made = outputs.value();
  if (made.size() != state.size()) {  // what a state grew by is between its arrays, and before its scalars
    std::erase_if(carried, [&, end = Index{0}](const Segment::Rows& rows) mutable {
      end = 0;
      return std::none_of(outputs.arrays.begin(), outputs.arrays.end(), [&](const VarArray& array) {
        end += array.size();
        return end - array.size() == rows.begin && array.size() == rows.count;
      });
    });
  }
  for (const auto& [begin, count] : carried)
    if (made.segment(begin, count) != state.segment(begin, count))
      throw UnsupportedError(
          fmt::format("the steps up to {} changed an array of the state, entries {} to {} of all, which "
                      "those after it pass on as "
                      "it is: what it holds of theta would be cut; differentiate all steps, or make it in "
                      "the first step or in "
                      "prepare(theta)",
                      from, begin, begin + count - 1));
  return carried;
}

}  // namespace

Cotangents pull_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& cotangents,
                        const Vector& state, Index from) {
  const Index columns = cotangents.cols();
  if (std::all_of(carried.begin(), carried.end(), [&](const Segment::Rows& rows) {
        return cotangents.middleRows(rows.begin, rows.count).isZero(0);
      }))
    return {Matrix::Zero(steps.dimension(), columns), {}, Matrix::Zero(steps.parameters(), columns)};
  Segment first(adjoints_per_scalar(steps.dimension(), columns, 1));
  const auto made = record_first(steps, carried, state, from, first);
  Cotangents kept{.state = Matrix::Zero(first.state_outputs().size(), columns)};
  for (const auto& [begin, count] : made)
    kept.state.middleRows(begin, count) = cotangents.middleRows(begin, count);
  first.sweep(kept, {}, columns, 1);
  return kept;
}

Matrix push_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& theta_dot,
                    const Vector& state, Index from) {
  Matrix pushed = Matrix::Zero(state.size(), theta_dot.cols());
  if (carried.empty()) return pushed;
  Segment first(1);
  const auto rows = record_first(steps, carried, state, from, first);
  const Matrix made = steps.push_start(std::min<Index>(from, 1), theta_dot);
  for (const auto& [begin, count] : rows) pushed.middleRows(begin, count) = made.middleRows(begin, count);
  return pushed;
}

std::vector<Segment::Rows> carried_rows(const Segment& segment, const PushStep& push,
                                        const Segment::Rows& aside) {
  std::vector<Segment::Rows> rows = segment.carried();
  const Vector before = segment.state_inputs().value(), after = segment.state_outputs().value();
  if (before.size() != after.size()) return rows;
  std::vector<bool> stays(static_cast<std::size_t>(before.size()), false);
  for (Index i = 0; i < before.size(); ++i) stays[static_cast<std::size_t>(i)] = before[i] == after[i];
  std::fill_n(stays.begin() + aside.begin, aside.count, false);
  for (const auto& [begin, count] : rows) std::fill_n(stays.begin() + begin, count, false);
  if (std::find(stays.begin(), stays.end(), true) == stays.end()) return rows;
  const Vector tangents = ad::uneven(before.size()), pushed = push(tangents);
  for (Index i = 0; i < before.size(); ++i) {
    if (!stays[static_cast<std::size_t>(i)] || pushed[i] != tangents[i]) continue;
    if (!rows.empty() && rows.back().begin + rows.back().count == i)
      ++rows.back().count;
    else
      rows.push_back({i, 1});
  }
  return rows;
}

void CarriedRows::note(const Segment& segment, bool is_last, const PushStep& push) {
  if (is_last) rows = carried_rows(segment, push);
  const Vector after = std::exchange(state, rows.empty() ? Vector() : segment.state_inputs().value());
  if (is_last || rows.empty()) return;
  const std::vector<Segment::Rows> passed = segment.carried();
  std::erase_if(rows, [&](const Segment::Rows& a) {
    const bool stays =
        after.size() == state.size() && after.segment(a.begin, a.count) == state.segment(a.begin, a.count);
    return !stays && std::none_of(passed.begin(), passed.end(),
                                  [&](const auto& b) { return a.begin == b.begin && a.count == b.count; });
  });
}

}  // namespace unroll::detail
