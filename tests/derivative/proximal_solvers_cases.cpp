#include "derivative/cases.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::test {

// Away from a kink the term changes nothing or is smooth: where they end is the matter of solver/ tests.
std::vector<NamedSolver> proximal_solvers(const Spectrum& s) {
  const double h = 1 / s.largest;
  return {
      named("proximal gradient, l1", ProximalGradient<L1>{h, {.weight = 0.1, .parameter = 0}},
            {.problems = [](const Case& c) { return c.theta[0] > 0; }, .converges = false}),
      named("proximal gradient, simplex", ProximalGradient<Simplex>{h, {.total = 2}}, {.converges = false}),
      named("fista, l1", Fista<L1>{h, {.weight = 0.01}}, {.converges = false}),
      named("fista, l1, restarted", Fista<L1>{h, {.weight = 0}, true})};
}

}  // namespace unroll::test
