#pragma once

#include <doctest/doctest.h>

#include <string>

#include "derivative/cases.hpp"
#include "unroll/derivative/jacobian.hpp"

namespace unroll::test {

/// What is claimed of a run.
struct Claimed {
  double implicit = 1e-7;  // Implicit's distance at convergence
  bool contracts = true;   // so that the last steps suffice
};

/// Every method that claims the run, in its three products, against the sweep of all steps on one tape.
template <class S>
void check_methods(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                   Index steps, const Claimed& claimed = {}) {
  const SolveOptions options{.steps = steps};
  const Derivative expected = jacobian(problem, solver, start, theta, options, Reverse{});
  const double scale = expected.dx.norm();
  REQUIRE(scale > 1e-3);
  const Vector w = Vector::LinSpaced(problem.dimension(), -1, 2),
               v = Vector::LinSpaced(problem.parameters(), 1, 3);
  const Vjp pulled = vjp(problem, solver, start, theta, w, options, Reverse{});
  const auto check = [&](const std::string& name, const Method& method, double tolerance) {
    CAPTURE(name);
    CHECK((jacobian(problem, solver, start, theta, options, method).dx - expected.dx).norm() <=
          tolerance * scale);
    const Vjp by = vjp(problem, solver, start, theta, w, options, method);
    CHECK((by.dtheta - pulled.dtheta).norm() <= tolerance * scale * w.norm());
    CHECK((jvp(problem, solver, start, theta, v, options, method).dx - expected.dx * v).norm() <=
          tolerance * scale * v.norm());
  };
  check("forward", Forward{}, 1e-11);
  check("budget", Reverse{.memory_budget = 60000}, 1e-12);
  check("differences", FiniteDifference{}, 1e-6);
  if (claimed.contracts) {
    check("last steps", Reverse{.last_steps = steps * 2 / 3}, 1e-9);
    check("automatic", Reverse{.last_steps = automatic}, 1e-9);
    check("implicit", Implicit{}, claimed.implicit);
    check("implicit, matrix-free", Implicit{.linear_solver = LinearSolver::gmres, .tolerance = 1e-12},
          claimed.implicit);
  }
}

}  // namespace unroll::test
