#include "unroll/solver/solve.hpp"

#include <fmt/core.h>

namespace unroll {

std::string message(Status status, Index steps) {
  if (status == Status::non_finite) return fmt::format("stopped at step {}: {}", steps + 1, describe(status));
  return fmt::format("ended after {} step{}: {}", steps, steps == 1 ? "" : "s", describe(status));
}

std::string Trajectory::message() const {
  std::string text = unroll::message(status, steps);
  if (status == Status::step_limit && steps > 1) {
    const double first = (iterates[1] - iterates[0]).norm();
    const double last = (iterates.back() - iterates[iterates.size() - 2]).norm();
    if (last >= first && last > 0)
      text += fmt::format(
          "; the last step, of length {:.3g}, was no shorter than the first, of {:.3g}: the run may be "
          "diverging, as gradient descent does where the step size is 2/L or more",
          last, first);
  }
  return text;
}

Trajectory detail::solve(const Problem& problem, const SolverIn<Vector>& solver, const Vector& x0,
                         const Vector& theta, const SolveOptions& options) {
  Trajectory result{};
  const Oracle<Vector> f(problem, &result.cost);
  if (options.observer) options.observer(0, x0);
  StatePtr<Vector> state = solver.start(x0, theta);
  const auto record = [&](Index, const AnyState<Vector>& now, const AnyState<Vector>&) {
    result.iterates.push_back(now.iterate());
    return true;
  };
  record(0, *state, *state);
  const auto prepared = solver.prepare(theta);
  const auto end = loop<Vector>({solver, f, theta, *prepared}, state, {0, options.steps}, options, record);
  result.status = whole_status(end.status, end.steps, end.accepted);
  result.steps = end.steps;
  return result;
}

}  // namespace unroll
