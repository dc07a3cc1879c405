#include "carried.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/ad/sparse.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

constexpr Index few_turns = 8;

/// Carried rows, and where they stand in the state of step 0 or 1.
struct Origin {
  Segment::Rows rows;
  Index made;
};

/// Records what made the state of step 0 or 1 in `first`. Parts of x that other steps have made since are cut
/// as all else that later steps make, and what a list grew by that still grows. @throws UnsupportedError if
/// others are not what the first step left.
std::vector<Origin> record_first(Steps& steps, const std::vector<Segment::Rows>& carried, const Vector& state,
                                 Index from, const Growth& growth, Segment& first) {
  const auto rehearsal = steps.rehearsal();
  steps.record_steps(0, std::min<Index>(from, 1), first, 0);
  const Vector made = first.state_outputs().value();
  const auto parts = first.state_outputs().parts();
  Index passed = 0;
  for (const Segment::Rows& a : carried) passed += a.place.of_iterate && a.is_passed ? a.count : 0;
  std::vector<Origin> origins;
  for (const Segment::Rows& a : carried) {
    const Stack::Part* const part = Stack::at(parts, a.place);
    const Index row = part == nullptr ? 0 : part->begin + a.inner;
    const bool is_there = part != nullptr && a.inner + a.count <= part->count;
    if (is_there && made.segment(row, a.count) == state.segment(a.begin, a.count))
      origins.push_back({a, row});
    else if (a.place.of_iterate ? passed == steps.dimension() : is_there || !growth.at(a.place))
      throw UnsupportedError(
          fmt::format("the steps up to {} changed or added an array of the state, entries {} to {} of all, "
                      "which those after it pass on as it is: what it holds of theta would be cut; "
                      "differentiate all steps, or make it in the first step or in prepare(theta)",
                      from, a.begin, a.begin + a.count - 1));
  }
  return origins;
}

}  // namespace

Cotangents pull_carried(Steps& steps, std::vector<Segment::Rows> carried, const Matrix& cotangents,
                        const Vector& state, Index from, const Growth& growth) {
  const Index columns = cotangents.cols();
  std::erase_if(carried, [&](const auto& a) { return cotangents.middleRows(a.begin, a.count).isZero(0); });
  if (carried.empty())
    return {Matrix::Zero(steps.dimension(), columns), {}, Matrix::Zero(steps.parameters(), columns)};
  Segment first(steps.dimension(), columns, 1);
  const auto origins = record_first(steps, carried, state, from, growth, first);
  Cotangents kept{.state = Matrix::Zero(first.state_outputs().size(), columns)};
  for (const auto& [rows, made] : origins)
    kept.state.middleRows(made, rows.count) = cotangents.middleRows(rows.begin, rows.count);
  first.sweep(kept, {}, columns, 1);
  return kept;
}

ListLengths list_lengths(const Stack& state) {
  ListLengths lengths;
  for (const Stack::Part& part : state.parts()) ++lengths[{part.place.member, part.place.list}];
  return lengths;
}

bool Growth::at(const Place& place) const {
  const auto in = [&](const ListLengths& lengths) {
    const auto found = lengths.find({place.member, place.list});
    return found == lengths.end() ? 0 : found->second;
  };
  return in(before) < in(after);
}

Matrix push_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& theta_dot,
                    const Vector& state, Index from) {
  Matrix pushed = Matrix::Zero(state.size(), theta_dot.cols());
  if (carried.empty()) return pushed;
  Segment first(1);
  const auto origins = record_first(steps, carried, state, from, {}, first);
  const Matrix all = steps.push_start(std::min<Index>(from, 1), theta_dot);
  for (const auto& [rows, made] : origins)
    pushed.middleRows(rows.begin, rows.count) = all.middleRows(made, rows.count);
  return pushed;
}

std::vector<Segment::Rows> carried_rows(Steps& steps, const Segment& segment, const StepRange& turns,
                                        Index last) {
  std::vector<Segment::Rows> rows = segment.carried();
  const Vector before = segment.state_inputs().value(), after = segment.state_outputs().value();
  if (before.size() != after.size()) return rows;
  Eigen::Array<bool, Eigen::Dynamic, 1> stays = before.array() == after.array();
  const auto parts = segment.state_inputs().parts();
  for (const Segment::Rows& a : rows) stays.segment(a.begin, a.count) = false;
  for (const Stack::Part& part : parts)
    if (turns.to - turns.from < 2 * few_turns && part.place.of_iterate)
      stays.segment(part.begin, part.count) = false;
  const Vector tangents = ad::uneven(before.size());
  for (Index t = turns.to - 1; t >= turns.from && stays.any(); --t) {
    if (t == turns.to - 1 - few_turns) t = std::min(t, turns.from + few_turns - 1);
    const auto as_taken = steps.as_taken(t != last);
    const Vector pushed = steps.push_last_step(t, tangents, Matrix());
    if (pushed.size() != tangents.size()) return rows;  // a list grows in that turn
    stays = stays && pushed.array() == tangents.array();
  }
  for (const Stack::Part& part : parts)
    for (Index i = 0; i < part.count; ++i) {
      if (!stays[part.begin + i]) continue;
      if (i > 0 && stays[part.begin + i - 1])
        ++rows.back().count;
      else
        rows.push_back({part.begin + i, 1, part.place, i, false});
    }
  return rows;
}

void CarriedRows::note(Steps& steps, const Segment& segment, bool is_last, const StepRange& range) {
  if (!is_last && rows_.empty()) return;
  const auto in_any = [](const Segment::Rows& a, const std::vector<Segment::Rows>& all) {
    return std::find_if(all.begin(), all.end(), [&](const Segment::Rows& b) {
      return a.place == b.place && a.inner >= b.inner && a.inner + a.count <= b.inner + b.count;
    });
  };
  std::vector<Segment::Rows> now = segment.carried();
  if (is_last ||
      std::any_of(rows_.begin(), rows_.end(), [&](const auto& a) { return in_any(a, now) == now.end(); }))
    now = carried_rows(steps, segment, {std::min<Index>(range.from, 1), range.to});
  if (is_last) {
    rows_ = std::move(now);
  } else {
    std::vector<Segment::Rows> kept;
    for (Segment::Rows a : rows_)
      if (const auto b = in_any(a, now); b != now.end()) {
        a.begin = b->begin + a.inner - b->inner;
        a.is_passed = a.is_passed && b->is_passed;
        kept.push_back(a);
      }
    rows_ = std::move(kept);
  }
  state_ = rows_.empty() ? Vector() : segment.state_inputs().value();
  there_ = list_lengths(segment.state_inputs());
  if (is_last) at_end_ = list_lengths(segment.state_outputs());
}

bool CarriedRows::lead_to_start(Steps& steps, const Matrix& cotangents, Index from) {
  try {
    at_start_ = pull_carried(steps, rows_, cotangents, state_, from);
  } catch (const UnsupportedError&) {
  }
  return at_start_.has_value();
}

Cotangents CarriedRows::pull(Steps& steps, const Matrix& cotangents, Index from) {
  return at_start_ ? std::move(*at_start_)
                   : pull_carried(steps, rows_, cotangents, state_, from, {there_, at_end_});
}

}  // namespace unroll::detail
