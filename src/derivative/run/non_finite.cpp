#include "unroll/derivative/non_finite.hpp"

#include <fmt/format.h>

#include <exception>
#include <limits>
#include <vector>

#include "steps.hpp"

namespace unroll {
namespace {

using Direction = NonFiniteStep::Direction;

NonFinite unknown(const char* what) {
  return {fmt::format("{} that is recorded on no tape, or a scalar operation,", what), 0,
          std::numeric_limits<double>::quiet_NaN()};
}

/// The step from the state of step t, which was not finite.
NonFiniteStep forwards(detail::Steps& steps, Index t) {
  const auto rehearsal = steps.rehearsal();
  steps.to_end();
  detail::Segment segment(1);
  const TapeLog log(segment.tape());
  steps.record_steps(t, t + 1, segment, 0);
  return {Direction::forwards, t + 1, log.first_non_finite().value_or(unknown("an operation"))};
}

std::optional<NonFiniteStep> backwards(detail::Steps& steps, Index length) {
  const auto rehearsal = steps.rehearsal();
  detail::Segment segment(1);
  steps.restart();
  for (Index t = 0; t < length; ++t) {
    steps.keep(t);
    steps.advance(t, t + 1, segment, 0);
  }
  const Matrix w = Vector::LinSpaced(steps.dimension(), 1, 2);
  segment.tape().clear();
  const TapeLog log(segment.tape());
  detail::Cotangents c;
  for (Index t = length; t-- > 0;) {
    steps.restore(t);
    steps.record_steps(t, t + 1, segment, 0);
    std::vector<detail::Segment::IterateSeed> seeds;
    if (t + 1 == length) seeds.push_back({segment.x(), 0, w});
    segment.sweep(c, seeds, 1, 1);
    if (!c.state.allFinite() || !c.theta.allFinite() || !c.prepared.allFinite())
      return NonFiniteStep{Direction::backwards, t + 1,
                           log.first_non_finite_adjoint().value_or(unknown("a pullback"))};
  }
  return std::nullopt;
}

/// Of a run that has ended. The state becomes another.
std::optional<NonFiniteStep> find_non_finite(detail::Steps& steps) {
  const Index length = steps.record.steps;
  return steps.record.status == Status::non_finite ? forwards(steps, length) : backwards(steps, length);
}

}  // namespace

std::string NonFiniteStep::str() const {
  return fmt::format("step {}, {}: {}", step, direction == Direction::forwards ? "forwards" : "backwards",
                     made.str());
}

std::optional<NonFiniteStep> detail::trace_non_finite(StepsPtr steps) {
  steps->run();
  return find_non_finite(*steps);
}

void detail::note_non_finite_derivative(Steps& steps) {
  RunRecord& record = steps.record;
  if (record.status == Status::non_finite) return;  // it is of the last finite iterate
  record.status = Status::non_finite_derivative;
  constexpr double most = 256.0 * 1024 * 1024;
  const Cost spent = record.cost;
  try {
    steps.restart();
    if (static_cast<double>(steps.bytes()) * static_cast<double>(record.steps) <= most)
      if (const auto found = find_non_finite(steps)) record.origin = found->str();
  } catch (const std::exception&) {  // a step cannot be taken again, or not be kept: the origin stays unknown
  }
  record.cost = spent;
}

}  // namespace unroll
