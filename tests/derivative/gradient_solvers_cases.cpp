#include "derivative/cases.hpp"
#include "unroll/solver/adam.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"
#include "unroll/solver/steepest_descent.hpp"
#include "unroll/solver/stochastic_gradient.hpp"

namespace unroll::test {

std::vector<NamedSolver> gradient_solvers(const Spectrum& s) {
  const auto is_sum = [](const Case& c) {
    return dynamic_cast<const FiniteSum*>(c.problem.get()) != nullptr;
  };
  return {
      named("backtracking", Backtracking{{.first_step = 0.9}}),
      named("steepest descent", SteepestDescent{}, {.problems = is_quadratic}),
      named("conjugate gradients", ConjugateGradient{},
            {.problems = is_quadratic, .steps = before_the_end, .agreement = 1e-10, .difference_steps = 3}),
      named("nonlinear conjugate gradients", NonlinearConjugateGradient{},
            {.steps = before_the_end, .agreement = 1e-10, .difference_steps = 3}),
      named("adam", Adam{.step_size = 0.05}, {.converges = false}),
      named("stochastic gradient",
            StochasticGradient{0.5 / s.largest, {{0, 1, 2, 3, 4}, {11, 10, 9, 8, 7, 6, 5}, {2, 2, 7}}},
            {.problems = is_sum, .converges = false})};
}

}  // namespace unroll::test
