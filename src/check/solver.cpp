#include "unroll/check/solver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "derivative/run/run_inputs.hpp"
#include "unroll/check/differences.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll::detail {

namespace {

/// The numbers of a state over plain arrays, in order.
std::vector<double> numbers_of(const AnyState<Vector>& state) {
  std::vector<double> all;
  for (const auto& part : state.parts())
    if (part.is_array())
      all.insert(all.end(), part.numbers().data, part.numbers().data + part.numbers().size());
    else
      all.push_back(part.number());
  return all;
}

/// Every step of the run is taken twice from its state, and as if it were a later one: the next, so that no
/// period hides the difference, and some far away.
void check_steps(Findings& found, const Problem& problem, const SolverIn<Vector>& solver, const Vector& x0,
                 const Vector& theta, const SolveOptions& options, StepsMay may) {
  const Oracle<Vector> f(problem);
  Index differs = -1, depends = -1;
  const auto prepared = solver.prepare(theta);
  const auto taken = [&](const AnyState<Vector>& from, Index t) {
    StatePtr<Vector> next;
    solver.step(f, from, theta, t, *prepared, next);
    return numbers_of(*next);
  };
  const auto look = [&](Index t, const AnyState<Vector>& now, const AnyState<Vector>& before) {
    const std::vector<double> numbers = numbers_of(now);
    if (differs < 0 && taken(before, t - 1) != numbers) differs = t;
    if (may == StepsMay::not_depend_on_t && depends < 0)
      for (const Index later : {1, 2, 7, 100, 10001})
        if (depends < 0 && taken(before, t - 1 + later) != numbers) depends = t;
    return true;
  };
  StatePtr<Vector> state = solver.start(x0, theta);
  loop<Vector>({solver, f, theta, *prepared}, state, {0, options.steps}, options, look);
  const auto report = [&](const char* part, Index at) {
    found.add({part, at < 0 ? 0.0 : std::numeric_limits<double>::infinity(), 0,
               at < 0 ? "" : fmt::format("step {}", at)});
  };
  report("a step taken again is the same", differs);
  if (may == StepsMay::not_depend_on_t) report("a step is the same at another t", depends);
}

/// A member of a dual state: values and tangents of its arrays and scalars.
using Blocks = std::vector<Matrix>;
std::vector<Blocks> blocks_of(const AnyState<DualVector>& state) {
  std::vector<Blocks> members;
  for (const auto& part : state.parts()) {
    members.resize(static_cast<std::size_t>(part.place.member) + 1);
    if (part.array != nullptr) members.back().push_back(part.array->block());
    if (part.scalar != nullptr) members.back().push_back(part.scalar->block());
  }
  return members;
}

/// Names the members of the state that depend on θ and that no step but the first changes.
void name_carried(Findings& found, const Problem& problem, const AnySolver& solver, const Vector& x0,
                  const Vector& theta, Index steps) {
  Cost unused;
  RunInputs inputs(problem, solver, theta, unused);
  const auto moving = inputs.moving(Matrix::Identity(theta.size(), theta.size()));
  const auto same = [](const Matrix& a, const Matrix& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() && a == b;
  };
  std::vector<Blocks> first;  // by step 1, of the members that have not changed since
  const auto look = [&](Index t, const AnyState<DualVector>& now, const AnyState<DualVector>&) {
    const std::vector<Blocks> members = blocks_of(now);
    if (t == 1) first = members;
    for (std::size_t i = 0; i < std::min(first.size(), members.size()); ++i)
      if (!std::ranges::equal(members[i], first[i], same)) first[i].clear();
    return true;
  };
  StatePtr<DualVector> state = solver.dual().start(x0, moving->context.theta);
  loop<DualVector>(inputs.pushing(*moving), state, {0, steps}, {}, look);
  const auto depends = [](const Matrix& block) { return !block.rightCols(block.cols() - 1).isZero(0); };
  for (std::size_t i = 1; i < first.size() && steps > 2; ++i)
    if (std::ranges::any_of(first[i], depends))
      found.add({"state", 0, 0, "",
                 fmt::format("member {} depends on theta and is the same after every step: prepare(theta) "
                             "would make it once",
                             i + 1)});
}

}  // namespace

Findings check_solver(AnySolverPtr given, const Problem& problem, const Vector& x0, const Vector& theta,
                      const SolveOptions& options, const CheckOptions& allowed, StepsMay may) {
  check_point(problem, x0, theta, "check_solver");
  check_options(options);
  const std::shared_ptr<const AnySolver> solver = std::move(given);
  const auto steps = [&] { return StepsPtr(new Steps(problem, solver, x0, theta, options)); };
  Findings found;
  Vector end;
  const bool ran = found.attempt("run", [&] {
    solver->check();
    end = solve(problem, solver->plain(), x0, theta, options).x();
    check_steps(found, problem, solver->plain(), x0, theta, options, may);
    name_carried(found, problem, *solver, x0, theta, options.steps);
  });
  if (!ran) return found;
  Matrix forwards;
  // Of ∂x_t, and in the units of x_T/θ: a derivative that tends to zero keeps the rounding of what it was.
  double largest = end.lpNorm<Eigen::Infinity>() / size_of(theta);
  const bool differentiated = found.attempt("dx_T forwards", [&] {
    const Derivative d = jacobian(steps(), Forward{});
    found.compare("x_T on dual arrays and plain", d.x, end, allowed.rounding);
    forwards = d.dx;
    std::vector<Index> all(static_cast<std::size_t>(d.steps) + 1);
    std::iota(all.begin(), all.end(), 0);
    for (const Matrix& dx : jacobian_history(steps(), all, Forward{}).dx)
      largest = std::max(largest, dx.size() == 0 ? 0.0 : dx.lpNorm<Eigen::Infinity>());
    const double size = end.lpNorm<Eigen::Infinity>();
    const auto by_differences = [&](double part) {
      Findings one;
      const Matrix slopes =
          differences([&](const Vector& at) { return solve(problem, solver->plain(), x0, at, options).x(); },
                      theta, part);
      one.compare("dx_T forwards and differences", d.dx, slopes, allowed.differences,
                  difference_rounding(size, theta, part));
      return one;
    };
    Findings seen = by_differences(1);
    constexpr double nearer = 1e-2;  // those across a kink, of a maximum say, are no derivative
    if (!seen.passed()) seen = by_differences(nearer);
    found.add(seen.all().front());
  });
  found.attempt("dx_T backwards", [&] {
    const Derivative d = jacobian(steps(), Reverse{});
    found.compare("x_T on a tape and plain", d.x, end, allowed.rounding);
    constexpr double rounding = 1e-14;
    if (differentiated)
      found.compare("dx_T backwards and forwards", d.dx, forwards, allowed.rounding, rounding * largest);
  });
  return found;
}

}  // namespace unroll::detail
