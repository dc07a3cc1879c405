#include "unroll/derivative/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "conjugate_residuals.hpp"
#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll {

Certificate detail::certify_along(const Problem& problem, const Vector& x, const Vector& theta,
                                  const Matrix& pushed, const Matrix& tangents, double tangent_norm,
                                  Index refining, Cost& cost, const CertifyOptions& options) {
  detail::check(options);
  check_sizes(problem, x.size(), theta.size(), "certify");
  Certificate c{.norm = norm(pushed), .accuracy = options.accuracy};
  if (!problem.has_equation()) return c;
  const Index n = pushed.rows(), k = pushed.cols();
  // H(point) J + M(point) Θ̇.
  const auto residual_at = [&](const Vector& point) {
    cost.hessian_vector_products += k;
    return k == 0 ? pushed : checked_push(problem, point, theta, pushed, tangents);
  };
  cost.gradients += 1;
  const Vector gradient = checked_gradient(problem, x, theta);
  const Matrix residual = residual_at(x);
  c.equation = Equation::gradient;
  c.gradient_norm = gradient.stableNorm();
  c.residual = norm(residual);

  const auto constants = set_constants(c, problem, x, theta, gradient, options, cost);
  const std::optional<Curvature>& known = constants.known;
  if (!c.smallest_eigenvalue) {
    c.missing = no_curvature;
    return c;
  }
  const double smallest = *c.smallest_eigenvalue, distance = *c.gradient_norm / smallest;
  const auto known_drift = [&](double d, double size) {
    return d * (*known->mixed_lipschitz * tangent_norm + *known->hessian_lipschitz * size);
  };
  c.drift = known ? known_drift(distance, c.norm)
                  : norm(residual_at(x + distance * constants.towards_minimiser) - residual);
  double bound = (*c.residual + *c.drift) / smallest;
  if (known && refining > 0 && k > 0) {
    try {  // ‖J Θ̇ − Ĵ‖ + a bound on ‖Ĵ − ∂x* Θ̇‖, with H(x̂)Ĵ = −M(x̂)Θ̇ solved for at a nearer x̂
      const Nearer there = nearer_point(problem, x, theta, gradient, refining, cost);
      cost.hessian_vector_products += k;
      const Matrix right = -checked_push(problem, there.x, theta, Matrix::Zero(n, k), tangents);
      ConjugateResiduals cr(problem, there.x, theta, right, pushed, cost);
      const auto gap = [&] { return norm(pushed - cr.solution()); };
      constexpr double little = 0.1;
      while (cr.steps() < refining && cr.residual_norm() > little * smallest * gap()) cr.step();
      if (cr.steps() > 0) cr.refresh();  // what was summed is off by rounding
      const double drift = known_drift(there.gradient.stableNorm() / smallest, norm(cr.solution()));
      bound = std::min(bound, gap() + (cr.residual_norm() + drift) / smallest);
    } catch (const NumericalError&) {  // H(x̂) is not positive definite, or not finite
    }
  }
  if (std::isfinite(bound)) c.bound = bound;
  c.verdict = judge(c);
  return c;
}

Certificate certify(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& jacobian,
                    Cost* cost, const CertifyOptions& options) {
  const Index p = problem.parameters();
  if (jacobian.rows() != problem.dimension() || jacobian.cols() != p)
    throw ShapeError(fmt::format("certify: the Jacobian is {}x{}, not {}x{}", jacobian.rows(),
                                 jacobian.cols(), problem.dimension(), p));
  const Matrix identity = Matrix::Identity(p, p);
  Cost unasked;
  return detail::certify_along(problem, x, theta, jacobian, identity, 1, detail::most_refining_products,
                               cost != nullptr ? *cost : unasked, options);
}

Certificate certify(const Problem& problem, const Derivative& d, const CertifyOptions& options) {
  return certify(problem, d.x, d.theta, d.dx, nullptr, options);
}

Certificate certify_tangent(const Problem& problem, const Vector& x, const Vector& theta,
                            const Vector& pushed, const Vector& tangent, Cost* cost,
                            const CertifyOptions& options) {
  if (pushed.size() != problem.dimension() || tangent.size() != problem.parameters())
    throw ShapeError(fmt::format("certify: the product has {} entries and the tangent {}, not {} and {}",
                                 pushed.size(), tangent.size(), problem.dimension(), problem.parameters()));
  const Matrix j = pushed, direction = tangent;
  Cost unasked;
  return detail::certify_along(problem, x, theta, j, direction, tangent.norm(),
                               detail::most_refining_products, cost != nullptr ? *cost : unasked, options);
}

}  // namespace unroll
