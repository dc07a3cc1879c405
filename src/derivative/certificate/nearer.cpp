#include "nearer.hpp"

#include "conjugate_residuals.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

Nearer nearer_point(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                    Index products, Cost& cost) {
  constexpr int rounds = 2;
  constexpr double enough = 1e-3;
  Nearer there{x, gradient, 0};
  try {
    for (int round = 0; round < rounds; ++round) {
      const double norm = there.gradient.stableNorm();
      ConjugateResiduals cr(problem, there.x, theta, there.gradient, {}, cost);
      while (cr.steps() < products && cr.residual_norm() > enough * norm) cr.step();
      const Vector next = there.x - cr.solution();
      cost.gradients += 1;
      const Vector of_next = checked_gradient(problem, next, theta);
      if (!(of_next.stableNorm() < norm)) break;
      there = {next, of_next, (x - next).stableNorm()};
    }
  } catch (const NumericalError&) {  // H is not positive definite, or not finite
  }
  return there;
}

}  // namespace unroll::detail
