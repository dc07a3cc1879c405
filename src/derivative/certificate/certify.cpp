#include "unroll/derivative/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "conjugate_residuals.hpp"
#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll {

namespace {

/// J (n×k) along Θ̇ (p×k), which is the identity for the whole Jacobian.
struct Estimate {
  const Problem& problem;
  const Vector& x;
  const Vector& theta;
  const Matrix& pushed;
  const Matrix& tangents;
  double tangent_norm;  // ≥ ‖Θ̇‖_2
  Index refining;       // products, see certify_along
  Cost& cost;

  /// H(point) J + M(point) Θ̇.
  Matrix residual(const Vector& point) const {
    if (pushed.cols() == 0) return pushed;
    cost.hessian_vector_products += pushed.cols();
    return checked_push(problem, point, theta, pushed, tangents);
  }
  /// ‖J Θ̇ − Ĵ‖ + a bound on ‖Ĵ − ∂x* Θ̇‖, Ĵ by conjugate residuals on H(x̂)Ĵ = −M(x̂)Θ̇ at a nearer x̂.
  double sharper_bound(const Vector& gradient, const Curvature& known, double smallest) const {
    const detail::Nearer there = detail::nearer_point(problem, x, theta, gradient, refining, cost);
    const Index n = pushed.rows(), k = pushed.cols();
    cost.hessian_vector_products += k;
    const Matrix right = -checked_push(problem, there.x, theta, Matrix::Zero(n, k), tangents);
    detail::ConjugateResiduals cr(problem, there.x, theta, right, pushed, cost);
    const auto gap = [&] { return detail::norm(pushed - cr.solution()); };
    constexpr double little = 0.1;
    while (cr.steps() < refining && cr.residual_norm() > little * smallest * gap()) cr.step();
    if (cr.steps() > 0) cr.refresh();  // what was summed is off by rounding
    const double distance = there.gradient.stableNorm() / smallest,
                 drift = distance * (*known.mixed_lipschitz * tangent_norm +
                                     *known.hessian_lipschitz * detail::norm(cr.solution()));
    return gap() + (cr.residual_norm() + drift) / smallest;
  }
};

}  // namespace

Certificate detail::certify_along(const Problem& problem, const Vector& x, const Vector& theta,
                                  const Matrix& pushed, const Matrix& tangents, double tangent_norm,
                                  Index refining, Cost& cost, const CertifyOptions& options) {
  const Estimate e{problem, x, theta, pushed, tangents, tangent_norm, refining, cost};
  detail::check(options);
  check_sizes(problem, x.size(), theta.size(), "certify");
  Certificate c;
  c.norm = detail::norm(pushed);
  c.accuracy = options.accuracy;
  if (!problem.has_equation()) return c;
  cost.gradients += 1;
  const Vector gradient = checked_gradient(problem, x, theta);
  const Matrix residual = e.residual(x);
  c.equation = Equation::gradient;
  c.gradient_norm = gradient.stableNorm();
  c.residual = detail::norm(residual);

  const auto [known, towards] = detail::set_constants(c, problem, x, theta, gradient, options, cost);
  if (!c.smallest_eigenvalue) {
    c.missing = detail::no_curvature;
    return c;
  }
  const double distance = *c.gradient_norm / *c.smallest_eigenvalue;
  if (known) {
    c.drift = distance * (*known->mixed_lipschitz * tangent_norm + *known->hessian_lipschitz * c.norm);
  } else {
    c.drift = detail::norm(e.residual(x + distance * towards) - residual);
  }
  double bound = (*c.residual + *c.drift) / *c.smallest_eigenvalue;
  try {
    if (known && refining > 0 && pushed.cols() > 0)
      bound = std::min(bound, e.sharper_bound(gradient, *known, *c.smallest_eigenvalue));
  } catch (const NumericalError&) {  // H(x̂) is not positive definite, or not finite
  }
  if (std::isfinite(bound)) c.bound = bound;
  c.verdict = detail::judge(c);
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
