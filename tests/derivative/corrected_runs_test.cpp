// What correction is worth, counted over many runs; and a run so long that nobody would record it.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "derivative/cases.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/setup.hpp"

namespace unroll::corrected_runs {
namespace {

/// In how many runs the correction is nearer to ∂x*, where its adjoints' residuals are small beside w. There
/// is one θ, so a product is a number, and its error changes sign on the way: by luck any may be next to
/// nothing at some T. Hence the errors of three products are taken together.
struct Count {
  int runs = 0, better = 0;

  template <class S>
  void add(const Instance& i, const S& solver, Index steps) {
    const Index n = i.start.size();
    Matrix w(n, 3);
    w << Vector::LinSpaced(n, -1, 1), Vector::Ones(n), i.minimiser;
    const SolveOptions options{.steps = steps};
    const auto run = linearise(*i.problem, solver, i.start, i.theta, options,
                               Reverse{.corrected = true, .certify = Certify::never}, {.columns = 3});
    const Matrix pulled = run->pull(w).theta, lambda = run->adjoint()->lambda;
    const Matrix residual = w - checked_pull(*i.problem, run->record().x, i.theta, lambda).dx;
    const Matrix exact = i.jacobian.transpose() * w;
    const auto error = [&](const Matrix& products) { return (products - exact).cwiseQuotient(exact).norm(); };
    constexpr double rounding = 1e-11;
    if ((residual.colwise().norm().array() > 0.1 * w.colwise().norm().array()).any() ||
        error(pulled) <= rounding)
      return;
    const Derivative unrolled =
        jacobian(*i.problem, solver, i.start, i.theta, options, Forward{.certify = Certify::never});
    ++runs;
    better += error(pulled) < error(unrolled.dx.transpose() * w);
  }
};

TEST_CASE(
    "logistic: where the residual of the adjoint is a tenth, correction is nearer in 95 % of the runs") {
  Count count;
  for (const char* const data : {"breast_cancer_diagnostic", "breast_cancer_original"})
    for (const double theta : {0.01, 0.1, 1.0})
      for (const char* const start : {"zero", "ones"}) {
        const Setup setup = set_up({.data = data,
                                    .loss = "logistic",
                                    .theta = theta,
                                    .start = start,
                                    .data_directory = UNROLL_DATA_DIR});
        const Instance& i = setup.instance;
        const Vector zero = Vector::Zero(i.start.size());
        const double l = theta, L = spectrum(i.problem->hessian(zero, i.theta)).largest;
        for (const Index steps : {10, 20, 40, 60, 90, 130, 180, 250}) {
          count.add(i, GradientDescent{1 / L}, steps);
          count.add(i, HeavyBall::optimal(l, L), steps);
          count.add(i, Nesterov::optimal(l, L), steps);
          count.add(i, Chebyshev{l, L}, steps);
        }
      }
  MESSAGE("corrected is nearer in ", count.better, " of ", count.runs, " runs");
  CHECK(count.runs > 100);
  CHECK(count.better >= 0.95 * count.runs);
}

/// T of UNROLL_TEST_LONG_STEPS in the environment, where a million takes seconds.
Index many_steps() {
  const char* const asked = std::getenv("UNROLL_TEST_LONG_STEPS");
  return asked == nullptr ? 20000 : std::atol(asked);
}

TEST_CASE("at the end of many steps: the tape of one, and the error of the corrected sweep") {
  const Index n = 100, steps = many_steps();
  // ‖P_T(H)‖ of gradient descent is about 1e-6 at T: the derivative is not exact to rounding.
  const double l = 14.0 / static_cast<double>(steps), L = 1;
  const test::QuadraticCase c = test::random_quadratic(n, 2, l, L, false, 3);
  const GradientDescent solver{1 / L};
  const Vector w = Vector::LinSpaced(n, -1, 2), exact = c.problem.minimiser_jacobian(c.theta).transpose() * w;
  const auto by = [&](const Method& method) {
    return vjp(c.problem, solver, c.x0, c.theta, w, {.steps = steps}, method);
  };
  const Vjp end = by(Reverse{.at_end = true, .certify = Certify::never}),
            full = by(Reverse{.memory_budget = 1 << 24, .corrected = true, .certify = Certify::never});
  const Vjp one = vjp(c.problem, solver, c.x0, c.theta, w, {.steps = 1},
                      Reverse{.at_end = true, .certify = Certify::never});
  MESSAGE(steps, " steps: error ", (end.dtheta - exact).norm() / exact.norm(), " at the end, ",
          (full.dtheta - exact).norm() / exact.norm(), " by the corrected sweep; tape ", end.cost.tape_bytes,
          " and ", full.cost.tape_bytes, " bytes");
  CHECK(end.cost.tape_bytes == one.cost.tape_bytes);
  CHECK((end.dtheta - exact).norm() <= 2 * (full.dtheta - exact).norm());
  CHECK((full.dtheta - exact).norm() > 1e-9 * exact.norm());
}

}  // namespace
}  // namespace unroll::corrected_runs
