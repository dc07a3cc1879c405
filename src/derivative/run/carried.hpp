#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "steps.hpp"

namespace unroll::detail {

/// How many elements the lists of a state have, by member and list.
using ListLengths = std::map<std::pair<Index, Index>, Index>;
ListLengths list_lengths(const Stack& state);
/// From one state to a later one; of none, nothing grows.
struct Growth {
  ListLengths before{}, after{};
  /// Whether the list with the array at a place has become longer.
  bool at(const Place& place) const;
};

/// What the first step, or init, put into the state and no step changes.
///
/// A state may hold more than what its steps contract: a matrix made from θ when t = 0, an anchor x_0. Such
/// an array leaves a step as the very variable that entered, or is made anew and the same. Truncated,
/// one-step and implicit differentiation stop short of the step that made it; its cotangents, N×s at a state
/// of step `from`, are pulled back through the first step alone, to x_0, θ and what was prepared. Cotangents
/// of all other arrays are dropped; so are those of what lists grew by that still grow. `state` is the
/// stacked value of that state, N.
/// @throws UnsupportedError if an array with cotangents is not what the first step left.
/// @{
Cotangents pull_carried(Steps& steps, std::vector<Segment::Rows> carried, const Matrix& cotangents,
                        const Vector& state, Index from, const Growth& growth = {});
/// The other way: tangents of the carried arrays, zero elsewhere, N×k, for θ̇ (p×k).
Matrix push_carried(Steps& steps, const std::vector<Segment::Rows>& carried, const Matrix& theta_dot,
                    const Vector& state, Index from);
/// @}

/// The rows that the steps in a segment carry: Segment::carried; and those whose numbers stay and whose rows
/// of ∂Φ are the identity's, whichever of the steps `turns` is taken, the first 8 and the last 8 of them, as
/// one product each tells. Such rows of x may as well have come to rest only now, and are believed of 16
/// steps alone. Step `last`, if any, is taken as it is at the end of a run.
std::vector<Segment::Rows> carried_rows(Steps& steps, const Segment& segment, const StepRange& turns,
                                        Index last = -1);

/// Which rows of the state no step of a sweep has changed, the last segment first.
class CarriedRows {
 public:
  const std::vector<Segment::Rows>& rows() const { return rows_; }
  /// Another segment, of these steps, has been swept.
  void note(Steps& steps, const Segment& segment, bool is_last, const StepRange& range);
  /// Whether their cotangents, at the state of step `from`, can be pulled back to the start.
  bool lead_to_start(Steps& steps, const Matrix& cotangents, Index from);
  /// See pull_carried.
  Cotangents pull(Steps& steps, const Matrix& cotangents, Index from);

 private:
  std::vector<Segment::Rows> rows_{};
  Vector state_{};                        // where there are any
  ListLengths there_{}, at_end_{};        // of that state, and after the last step
  std::optional<Cotangents> at_start_{};  // once it is known
};

}  // namespace unroll::detail
