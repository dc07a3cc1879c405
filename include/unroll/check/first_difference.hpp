#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "unroll/derivative/jacobian.hpp"

namespace unroll {

/// The first step after which two methods give other derivatives.
struct FirstDifference {
  Index step = 0;                // its number, from 1: it makes x_step; 0: ∂x_0(θ) differs already
  double error = 0;              // of the entry that differs most, relative to the largest
  Index row = 0, column = 0;     // that entry: of x, of θ
  double first = 0, second = 0;  // by each of the methods
  std::string str() const;
};

namespace detail {
Index steps_taken(StepsPtr steps);
std::optional<FirstDifference> first_difference(
    const std::function<Matrix(Index steps, const Method&)>& jacobian, Index steps, const Method& first,
    const Method& second, double tolerance);
}  // namespace detail

/// Bisects the steps of a run to the first after which ∂x_t by two methods differ by more than `tolerance`,
/// relative to the largest entry: unrolling beside FiniteDifference{}, say, to find the step that hides θ.
/// None if they agree after all steps. Takes log₂ T shorter runs by each; where methods that part meet again,
/// which is not seen, a later step is named. @throws as `jacobian`, and what the methods throw.
template <class S>
std::optional<FirstDifference> first_difference(const Problem& problem, const S& solver, const Start& start,
                                                const Vector& theta, const SolveOptions& options,
                                                const Method& first, const Method& second,
                                                double tolerance = 1e-6) {
  const Index steps = detail::steps_taken(detail::steps_of(problem, solver, start, theta, options));
  return detail::first_difference(
      [&](Index taken, const Method& method) {
        return jacobian(problem, solver, start, theta, {.steps = taken}, method).dx;
      },
      steps, first, second, tolerance);
}

}  // namespace unroll
