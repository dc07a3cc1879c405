#include <cmath>

#include "checks.hpp"
#include "judge.hpp"

namespace unroll {

Certificate certify_pullback(const Problem& problem, const Vector& x, const Vector& theta,
                             const Vector& cotangent, const Vector& pulled, const Implicit& method,
                             Cost* cost, const CertifyOptions& options) {
  detail::check(options);
  detail::check_product("certify_pullback", "cotangent", cotangent, problem.dimension());
  detail::check_product("certify_pullback", "pullback", pulled, problem.parameters());
  Certificate c = certify_point(problem, x, theta, cost);
  c.norm = pulled.stableNorm();
  if (!problem.has_objective()) return c;
  const ImplicitEquation equation = gradient_equation(problem, x, theta, cost);
  const Vector adjoint = equation.adjoint(cotangent, method.linear());
  c.residual = (pulled - equation.forcing_transposed(adjoint)).norm();

  const std::optional<Curvature> curvature = problem.curvature(theta);
  if (!curvature || !curvature->hessian_lipschitz || !curvature->mixed_lipschitz) return c;
  detail::set_smallest_eigenvalue(c, curvature, options);
  if (!c.smallest_eigenvalue) return c;
  const double l = *c.smallest_eigenvalue, distance = *c.gradient_norm / l;
  const double error = (cotangent - Vector(equation.matrix.apply(adjoint))).norm();
  const double mixed = equation.forcing(Matrix::Identity(theta.size(), theta.size())).norm();
  const double mixed_drift = distance * *curvature->mixed_lipschitz;
  c.drift = mixed_drift * adjoint.norm() +
            (mixed + mixed_drift) * (distance * *curvature->hessian_lipschitz * adjoint.norm() + error) / l;
  const double bound = *c.residual + *c.drift;
  if (std::isfinite(bound)) c.bound = bound;
  c.verdict = detail::judge(c, options.accuracy);
  return c;
}

}  // namespace unroll
