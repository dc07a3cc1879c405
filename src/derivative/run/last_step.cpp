#include "last_step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "state_parts.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

/// Records the step from the steps' state. False if it was refused, or gave x back.
bool record(Steps& steps, Steps::Entry entry, LastStep& last) {
  const bool accepted = steps.record_last_step(last.t, entry, last.segment);
  last.state = last.segment.state_inputs().value();
  Cost& cost = steps.record.cost;
  cost.tape_bytes = std::max(cost.tape_bytes, last.segment.bytes());
  return accepted;
}

}  // namespace

std::unique_ptr<LastStep> LastStep::taken(Steps& steps, Steps::Entry entry) {
  const Index number = steps.step_back();
  if (number == 0)
    throw UnsupportedError(
        fmt::format("the last step: none that was accepted and moved x is at hand of the {} steps, there is "
                    "nothing to differentiate (a step that gives x back, as of a guard that returns its "
                    "state, is the identity: take Implicit{{}} of the gradient's equation, or Reverse{{}})",
                    steps.record.steps));
  auto last = std::make_unique<LastStep>(number - 1, number - 1);
  if (!record(steps, number == 1 ? entry : Steps::Entry::state, *last))
    throw UnsupportedError(fmt::format(
        "the last step, number {}, moved x, but is refused or the identity as it is differentiated", number));
  steps.repeat_last_step();
  return last;
}

std::unique_ptr<LastStep> LastStep::next(Steps& steps) {
  steps.to_end();
  auto last = std::make_unique<LastStep>(steps.record.steps, std::max<Index>(steps.record.steps - 1, 0));
  if (record(steps, Steps::Entry::state, *last)) {
    steps.repeat_last_step();
    return last;
  }
  return taken(steps, Steps::Entry::state);
}

void check_state_stays(const Segment& step) {
  const Index before = step.state_inputs().size(), after = step.state_outputs().size();
  if (before != after)
    throw UnsupportedError(
        fmt::format("the state has {} entries before the last step and {} after it, as a memory that is not "
                    "full yet: the "
                    "step has no fixed point; take more steps, Reverse{{}}, or the equation of the gradient",
                    before, after));
  const std::string changed = difference(slots_of(step.state_outputs().parts()),
                                         slots_of(step.state_inputs().parts()), "before the last step");
  if (!changed.empty())
    throw UnsupportedError(fmt::format(
        "{}: the state has no fixed point; take Reverse{{}}, or the equation of the gradient", changed));
}

std::unique_ptr<LastStep> LastStep::after_next(Steps& steps) {
  steps.to_end();
  auto last = std::make_unique<LastStep>(steps.record.steps, std::max<Index>(steps.record.steps - 1, 0));
  steps.step_on(last->t);
  return record(steps, Steps::Entry::state, *last) ? std::move(last) : nullptr;
}

}  // namespace unroll::detail
