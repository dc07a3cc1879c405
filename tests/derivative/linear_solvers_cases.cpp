#include "derivative/cases.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/sobolev.hpp"

namespace unroll::test {

std::vector<NamedSolver> linear_solvers(const Spectrum& s) {
  const auto [l, L] = s;
  return {named("gd-short", GradientDescent::short_step(L)),
          named("gd-large", GradientDescent::large_step(l, L)),
          named("heavy-ball", HeavyBall::optimal(l, L)),
          named("nesterov", Nesterov::optimal(l, L)),
          named("chebyshev", Chebyshev{l, L}),
          named("sobolev", Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}})};
}

}  // namespace unroll::test
