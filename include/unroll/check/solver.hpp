#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/ad/plain.hpp"
#include "unroll/check/differences.hpp"
#include "unroll/check/options.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll {

/// Whether a solver claims that its step does not depend on t.
enum class StepsMay { depend_on_t, not_depend_on_t };

namespace detail {

/// The numbers of a state over plain arrays, member after member.
template <class State>
Vector numbers_of(const State& state) {
  std::vector<double> entries;
  const auto take = [&](const auto& self, const auto& member) -> void {
    using Member = std::decay_t<decltype(member)>;
    if constexpr (std::is_arithmetic_v<Member>)
      entries.push_back(static_cast<double>(member));
    else if constexpr (requires { member.coeff(0, 0); })
      entries.insert(entries.end(), member.data(), member.data() + member.size());
    else if constexpr (
        requires { member.begin()->size(); } || requires { *member.begin() + 0.0; })
      for (const auto& part : member) self(self, part);
  };
  for_each_member(state, [&](const auto& member) { take(take, member); });
  return Eigen::Map<const Vector>(entries.data(), std::ssize(entries));
}

/// Every step of the run is taken twice from its state, and as if it were a later one: the next, so that no
/// period hides the difference, and some far away.
template <class S>
void check_steps(Findings& found, const Problem& problem, const S& solver, const Vector& x0,
                 const Vector& theta, const SolveOptions& options, StepsMay may) {
  const Oracle<Vector> f(problem);
  Index differs = -1, depends = -1;
  auto state = initial_state(solver, x0);
  const auto prepared = prepare(solver, theta);
  const auto taken = [&](Index t) {
    return numbers_of(take_step<Vector, S>(solver, f, std::as_const(state), theta, t, prepared));
  };
  const auto resumed = [&](Index t, const auto& next) {
    if (differs < 0 && taken(t - 1) != numbers_of(next)) differs = t;
    if (may == StepsMay::not_depend_on_t && depends < 0)
      for (const Index later : {1, 2, 7, 100, 10001})
        if (depends < 0 && taken(t - 1 + later) != numbers_of(next)) depends = t;
    state = next;
  };
  resume(f, solver, initial_state(solver, x0), theta, 0, options, resumed);
  const auto report = [&](const char* part, Index at) {
    found.add({part, at < 0 ? 0.0 : std::numeric_limits<double>::infinity(), 0,
               at < 0 ? "" : "step " + std::to_string(at)});
  };
  report("a step taken again is the same", differs);
  if (may == StepsMay::not_depend_on_t) report("a step is the same at another t", depends);
}

/// Values and tangents of a member's arrays and scalars.
template <class Member>
std::vector<Matrix> blocks_of(const Member& member) {
  std::vector<Matrix> blocks;
  for_each_taped(member, [&](const auto& part) { blocks.push_back(part.block()); });
  return blocks;
}

/// Names the members of the state that depend on θ and that no step but the first changes.
template <class S>
void name_carried(Findings& found, const Problem& problem, const S& solver, const Vector& x0,
                  const Vector& theta, Index steps) {
  Cost unused;
  const RunInputs<S, const S&> inputs(problem, solver, theta, unused);
  const RunContext<DualVector> context = inputs.dual(Matrix::Identity(theta.size(), theta.size()));
  const auto prepared = prepare(solver, context.theta);
  const auto same = [](const Matrix& a, const Matrix& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() && a == b;
  };
  std::vector<std::vector<Matrix>> first;  // by step 1, of the members that have not changed since
  StateOf<S, DualVector> state = initial_state(solver, DualVector(x0));
  for (Index t = 0; t < steps; ++t) {
    state = take_step<DualVector, S>(solver, inputs.oracle(context), state, context.theta, t, prepared);
    std::size_t i = 0;
    for_each_member(state, [&](const auto& member) {
      const std::vector<Matrix> now = blocks_of(member);
      if (t == 0)
        first.push_back(now);
      else if (!std::equal(now.begin(), now.end(), first[i].begin(), first[i].end(), same))
        first[i].clear();
      ++i;
    });
  }
  const auto depends = [](const Matrix& block) {
    return !ad::last_columns(block, block.cols() - 1).isZero(0);
  };
  for (std::size_t i = 1; i < first.size() && steps > 2; ++i)
    if (std::any_of(first[i].begin(), first[i].end(), depends))
      found.add(
          {"state", 0, 0, "",
           "member " + std::to_string(i + 1) +
               " depends on theta and is the same after every step: prepare(theta) would make it once"});
}

}  // namespace detail

/// Checks a solver on a problem, from x_0 at θ and for options.steps steps, few enough that differences of
/// the run are meaningful:
///   steps       run without an exception, keep the shapes of the state, give the same bits when they are
///               taken again from one state, and do not depend on t if they are said not to;
///   state       says, and that is no fault, which members depend on θ alone: a prepare(θ) makes them once;
///   x_T         is the same on plain, dual and taped arrays;
///   ∂x_T        by Reverse{} is that by Forward{}, to rounding beside the largest ∂x_t of the run and
///               ‖x_T‖/‖θ‖, and both are differences of the run.
/// @throws as check_point and check_options.
template <class S>
Findings check_solver(const S& solver, const Problem& problem, const Vector& x0, const Vector& theta,
                      const SolveOptions& options = {.steps = 10}, const CheckOptions& allowed = {},
                      StepsMay may = StepsMay::depend_on_t) {
  check_point(problem, x0, theta, "check_solver");
  check_options(options);
  Findings found;
  Vector end;
  const bool ran = found.attempt("run", [&] {
    check_solver(solver);
    end = solve(problem, solver, x0, theta, options).x();
    detail::check_steps(found, problem, solver, x0, theta, options, may);
    detail::name_carried(found, problem, solver, x0, theta, options.steps);
  });
  if (!ran) return found;
  Matrix forwards;
  // Of ∂x_t, and in the units of x_T/θ: a derivative that tends to zero keeps the rounding of what it was.
  double largest = end.template lpNorm<Eigen::Infinity>() / detail::size_of(theta);
  const bool differentiated = found.attempt("dx_T forwards", [&] {
    const Derivative d = jacobian(problem, solver, x0, theta, options, Forward{});
    found.compare("x_T on dual arrays and plain", d.x, end, allowed.rounding);
    forwards = d.dx;
    std::vector<Index> all(static_cast<std::size_t>(d.steps) + 1);
    std::iota(all.begin(), all.end(), 0);
    for (const Matrix& dx : jacobian_history(problem, solver, x0, theta, options, Forward{}, all).dx)
      largest = std::max(largest, dx.size() == 0 ? 0.0 : dx.lpNorm<Eigen::Infinity>());
    const double size = end.template lpNorm<Eigen::Infinity>();
    const auto by_differences = [&](double part) {
      Findings one;
      const Matrix slopes = detail::differences(
          [&](const Vector& at) { return solve(problem, solver, x0, at, options).x(); }, theta, part);
      one.compare("dx_T forwards and differences", d.dx, slopes, allowed.differences,
                  detail::difference_rounding(size, theta, part));
      return one;
    };
    Findings seen = by_differences(1);
    constexpr double nearer = 1e-2;  // those across a kink, of a maximum say, are no derivative
    if (!seen.passed()) seen = by_differences(nearer);
    found.add(seen.all().front());
  });
  found.attempt("dx_T backwards", [&] {
    const Derivative d = jacobian(problem, solver, x0, theta, options, Reverse{});
    found.compare("x_T on a tape and plain", d.x, end, allowed.rounding);
    constexpr double rounding = 1e-14;
    if (differentiated)
      found.compare("dx_T backwards and forwards", d.dx, forwards, allowed.rounding, rounding * largest);
  });
  return found;
}

}  // namespace unroll
