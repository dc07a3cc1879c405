#include "step_sizes.hpp"

#include <algorithm>
#include <cmath>

#include "derivative/method/backwards.hpp"
#include "derivative/run/steps.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

Index swept_steps(const Reverse& method, Index steps) {
  const LastSteps& last = method.last_steps;
  return last.is_all() || last.is_automatic() ? steps : std::min(steps, last.count());
}

StepBytes measure_steps(Steps& steps, Segment& segment) {
  const auto rehearsal = steps.rehearsal();
  constexpr Index measured = 3;  // what the first saves may differ from what others do
  constexpr std::size_t one_step = 1;
  steps.restart();
  const std::size_t state = steps.bytes();
  const Index length = steps.length();
  if (length > 0) steps.advance(0, std::min(length, measured), segment, one_step);
  return {std::max(state, steps.bytes()), segment.entry_bytes(), segment.step_bytes()};
}

Index quarter_block(Index steps, const StepBytes& bytes) {
  const double state = static_cast<double>(bytes.state), step = static_cast<double>(bytes.step);
  const auto least = static_cast<Index>(std::ceil(8 * state / std::max(step, 1.0)));
  return std::clamp<Index>(cached_block(steps, bytes), std::min(least, std::max<Index>(steps, 1)),
                           std::max<Index>(steps, 1));
}

CheckpointPlan checkpoint_plan(StepsPtr own, Index columns, const Reverse& method) {
  Steps& steps = *own;
  method.check(steps.options());
  if (method.memory_budget == 0) throw DomainError("plan: the method has no memory_budget");
  gather_for(steps, method, columns == 1 && method.certify != Certify::never);
  Segment segment(steps.dimension(), columns, method.threads);
  const StepBytes bytes = measure_steps(steps, segment);
  return plan(swept_steps(method, steps.length()), bytes, method.memory_budget);
}

}  // namespace unroll::detail
