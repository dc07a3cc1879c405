#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "derivative/cases.hpp"
#include "derivative/ways.hpp"

namespace unroll::test {

/// What is claimed of a run.
struct Claimed {
  double solution = 1e-7;  // ‖∂x_T − ∂x*‖/‖∂x_T‖ at most
  bool contracts = true;   // so that the last steps suffice
  bool minimises = false;  // f, so that Certified has what it takes
};

/// Every way that claims the run, in its three products, against the sweep of all steps on one tape; what is
/// of the last step alone, against the sweep of that.
template <class S>
void check_methods(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                   Index steps, const Claimed& claimed = {}) {
  const SolveOptions options{.steps = steps};
  const Vector w = Vector::LinSpaced(problem.dimension(), -1, 2),
               v = Vector::LinSpaced(problem.parameters(), 1, 3);
  const auto by = [&](const Method& method) {
    return jacobian(problem, solver, start, theta, options, method);
  };
  const Derivative unrolled = by(Reverse{});
  REQUIRE(unrolled.dx.norm() > 1e-3);
  std::vector<Claim> claims{Claim::unrolled};
  if (claimed.contracts) claims.insert(claims.end(), {Claim::truncated, Claim::solution});
  if (claimed.minimises) claims.push_back(Claim::minimiser);
  if (claimed.contracts && !HasFrozenStep<S, Vector>) claims.push_back(Claim::last_step);
  const WaysOf fitting{.last_steps = std::max<Index>(1, steps * 2 / 3),
                       .budget = std::max<std::size_t>(20'000, unrolled.cost.tape_bytes / 3)};
  for (const Way& way : ways(fitting, claims)) {
    const std::string& name = way.name;
    CAPTURE(name);
    const Matrix expected = way.claim == Claim::last_step ? by(Reverse{.last_steps = 1}).dx : unrolled.dx;
    const bool of_solution = way.claim == Claim::solution || way.claim == Claim::minimiser;
    const double near =
        (of_solution ? std::max(way.tolerance, claimed.solution) : way.tolerance) * expected.norm();
    CHECK((by(way.method).dx - expected).norm() <= near);
    const Vjp pulled = vjp(problem, solver, start, theta, w, options, way.method);
    CHECK((pulled.dtheta - expected.transpose() * w).norm() <= near * w.norm());
    const Jvp pushed = jvp(problem, solver, start, theta, v, options, way.method);
    CHECK((pushed.dx - expected * v).norm() <= near * v.norm());
  }
}

}  // namespace unroll::test
