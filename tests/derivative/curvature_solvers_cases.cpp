#include "derivative/cases.hpp"
#include "unroll/solver/anderson.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::test {

std::vector<NamedSolver> curvature_solvers(const Spectrum& s) {
  return {
      named("l-bfgs", Lbfgs{.memory = 4},
            {.steps = before_the_end, .agreement = 1e-10, .difference_steps = 4}),
      named("anderson", Anderson<GradientMap>{.map = {1 / s.largest}, .memory = 3}, {.difference_steps = 4}),
      named("newton", Newton{}, {.problems = is_quadratic}),
      named("damped newton", Newton{.damping = s.smallest}, {.problems = is_quadratic})};
}

}  // namespace unroll::test
