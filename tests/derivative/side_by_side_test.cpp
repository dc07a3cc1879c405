// Bounds of pullbacks on the bundled data, beside those of the literature: a table, and what it must show.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "derivative/data_instances.hpp"

namespace unroll::side_by_side {
namespace {

/// A bound of the kind of Ehrhardt & Roberts, "Analyzing inexact hypergradients for bilevel learning" (IMA J.
/// Appl. Math. 89, 2024, arXiv 2301.04764), from its ingredients, a posteriori, for −Mᵀλ at x, r = w − Hλ and
/// a w that does not depend on x:
///   ‖−Mᵀλ − ∂x*ᵀw‖ ≤ ‖M‖‖r‖/ℓ + ε‖w‖(Lip M/ℓ + ‖M‖ Lip H/ℓ²),  ε = ‖∇f(x)‖/ℓ ≥ ‖x − x*‖,
/// as −Mᵀλ − ∂x*ᵀw = MᵀH⁻¹r − Mᵀ(H⁻¹ − H*⁻¹)w − (M − M*)ᵀH*⁻¹w.
double ehrhardt_roberts(const Problem& problem, const Vector& x, const Vector& theta, const Vector& w,
                        const Vector& lambda) {
  const Curvature c = problem.curvature(theta).value();
  const double l = c.smallest_eigenvalue, epsilon = problem.gradient(x, theta).norm() / l;
  const Index p = theta.size();
  const double mixed =
      checked_push(problem, x, theta, Matrix::Zero(x.size(), p), Matrix::Identity(p, p)).norm();
  const double residual = (w - checked_pull(problem, x, theta, lambda).dx).norm();
  return mixed / l * residual +
         epsilon * w.norm() * (*c.mixed_lipschitz / l + mixed * *c.hessian_lipschitz / (l * l));
}

TEST_CASE("on the bundled data a certificate is between the error and the bound of the literature") {
  std::string table =
      "| data | loss | T | error | certificate | of these constants |\n|---|---|---|---|---|---|\n";
  for (const std::string& name : data_names(UNROLL_DATA_DIR))
    for (const char* const loss : {"ridge", "logistic"}) {
      const Instance i = test::data_instance(name, loss, 0.01, 0);
      const auto solver = Nesterov::optimal(i.theta[0], test::spectrum_everywhere(i).largest);
      const Vector w = Vector::LinSpaced(i.start.size(), -1, 1), exact = i.jacobian.transpose() * w;
      for (const Index steps : {50, 200}) {
        CAPTURE(name);
        CAPTURE(steps);
        const Vjp v = vjp(*i.problem, solver, i.start, i.theta, w, {.steps = steps},
                          Implicit{.linear_solver = LinearSolver::conjugate_gradient,
                                   .tolerance = 1e-4,
                                   .certify = Certify::always});
        REQUIRE(v.certificate.bound);
        const double error = (v.dtheta - exact).norm(), bound = *v.certificate.bound,
                     theirs = ehrhardt_roberts(*i.problem, v.x, i.theta, w, v.adjoint),
                     rounding = 1e-14 / i.spectrum.smallest * exact.norm();
        CHECK(error <= bound + rounding);
        CHECK(bound <= theirs + rounding);
        const double size = exact.norm();
        table += fmt::format("| {} | {} | {} | {:.1e} | {:.1e} | {:.1e} |\n", name, loss, steps, error / size,
                             bound / size, theirs / size);
      }
    }
  MESSAGE("relative to the derivative\n", table);
}

}  // namespace
}  // namespace unroll::side_by_side
