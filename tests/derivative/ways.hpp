#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "unroll/derivative/jacobian.hpp"

/// Every way to differentiate a run, in one list: a new method or option joins all tests that loop over it.
namespace unroll::test {

/// What a way's derivative is.
enum class Claim {
  unrolled,   // ∂x_T, of any run
  truncated,  // the same, of a run that contracts
  solution,   // ∂x*, where x_T is near x*
  minimiser,  // ∂x* of ∇f(x*, θ) = 0, and of nothing else
  last_step,  // of the last step alone
};

/// A method with its options, and what is claimed of it.
struct Way {
  std::string name;  // that of all_methods(), where the options are the defaults
  Method method;
  Claim claim;
  double tolerance = 1e-12;  // of the claim, relative
  double rounding = 1e-12;   // of the derivatives of two ways to write the same steps
  bool along = false;        // whether it takes cotangents of any x_t, and has a history
};

/// Options that fit the run.
struct WaysOf {
  Index last_steps = 1;         // K
  std::size_t budget = 60'000;  // bytes, enough for a step and a state
  Certify certify = Certify::automatic;
};

inline std::vector<Way> ways(const WaysOf& o) {
  const auto reverse = [&](Reverse method) {
    method.certify = o.certify;
    return method;
  };
  const auto implicit = [&](LinearSolver solver) {
    return Implicit{.linear_solver = solver, .tolerance = 1e-12, .certify = o.certify};
  };
  return {
      {"reverse", reverse({}), Claim::unrolled, 1e-12, 1e-12, true},
      {"threads", reverse({.threads = 3}), Claim::unrolled, 1e-12, 1e-12, true},
      {"budget", reverse({.memory_budget = o.budget}), Claim::unrolled, 1e-12, 1e-12, true},
      {"forward", Forward{o.certify}, Claim::unrolled, 1e-11, 1e-12, true},
      {"finite difference", FiniteDifference{.certify = o.certify}, Claim::unrolled, 1e-6, 1e-8, true},
      {"last steps", reverse({.last_steps = o.last_steps}), Claim::truncated, 1e-9},
      {"last steps, budget", reverse({.memory_budget = o.budget, .last_steps = o.last_steps}),
       Claim::truncated, 1e-9},
      {"automatic", reverse({.last_steps = automatic}), Claim::truncated, 1e-9},
      {"corrected", reverse({.corrected = true}), Claim::solution, 1e-9},
      {"corrected, budget", reverse({.memory_budget = o.budget, .corrected = true}), Claim::solution, 1e-9},
      {"at the end", reverse({.at_end = true}), Claim::solution, 1e-8},
      {"implicit", Implicit{.certify = o.certify}, Claim::solution, 1e-9},
      {"implicit, dense", implicit(LinearSolver::dense), Claim::solution, 1e-9},
      {"implicit, matrix-free", implicit(LinearSolver::gmres), Claim::solution, 1e-9, 1e-10},
      {"certified", Certified{.certify = o.certify}, Claim::minimiser, 1e-3},
      {"one-step", OneStep{o.certify}, Claim::last_step, 1e-12},
  };
}

/// Those of some claims.
inline std::vector<Way> ways(const WaysOf& options, const std::vector<Claim>& claims) {
  std::vector<Way> some = ways(options);
  std::erase_if(some, [&](const Way& way) {
    return std::find(claims.begin(), claims.end(), way.claim) == claims.end();
  });
  return some;
}

}  // namespace unroll::test
