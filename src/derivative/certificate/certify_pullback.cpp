#include <algorithm>
#include <cmath>
#include <utility>

#include "adjoint_bound.hpp"
#include "judge.hpp"
#include "map_measures.hpp"

namespace unroll {

namespace detail {

MixedNorm mixed_norm(const Problem& problem, const Vector& x, const Vector& theta, Index most, Cost& cost) {
  const Index n = x.size(), p = theta.size();
  const bool is_exact = p <= most;
  const Matrix directions = probes(p, most);
  cost.hessian_vector_products += directions.cols();
  return {norm(checked_push(problem, x, theta, Matrix::Zero(n, directions.cols()), directions)), is_exact};
}

double relative_change(double tau) { return std::exp(tau / 2) * std::expm1(tau); }

AdjointBound::AdjointBound(const Problem& problem, const Vector& x, const Vector& theta,
                           const Vector& gradient, const MixedNorm& mixed, Cost& cost,
                           const CertifyOptions& options)
    : problem_(problem), x_(x), theta_(theta), cost_(cost), options_(options) {
  check(options);
  point_.accuracy = options.accuracy;
  point_.equation = Equation::gradient;
  point_.gradient_norm = gradient.stableNorm();
  const auto [known, towards] = set_constants(point_, problem, x, theta, gradient, options, cost);
  towards_ = towards;
  if (known) {
    lipschitz_h_ = *known->hessian_lipschitz;
    lipschitz_m_ = *known->mixed_lipschitz;
    self_concordance_ = known->self_concordance;
  }
  if (!point_.smallest_eigenvalue) return;
  if (!mixed.is_exact) point_.source = ConstantSource::estimated;
  const double l = *point_.smallest_eigenvalue;
  mixed_ = mixed.value;
  point_.distance = *point_.gradient_norm / l;
  point_.jacobian_norm = (mixed_ + *point_.distance * lipschitz_m_) / l;
}

void AdjointBound::belongs_to(OuterPart outer) {
  outer_ = std::move(outer);
  if (point_.smallest_eigenvalue) point_.source = ConstantSource::estimated;
}

Matrix AdjointBound::total(const Matrix& pulled) const {
  return outer_ ? Matrix(pulled + outer_->theta) : pulled;
}

void AdjointBound::refine(const Vector& gradient, Index products) {
  if (!point_.distance || towards_.size() > 0) return;
  nearer_ = nearer_point(problem_, x_, theta_, gradient, products, cost_);
  const double l = *point_.smallest_eigenvalue,
               distance = nearer_->moved + nearer_->gradient.stableNorm() / l;
  if (!(distance < *point_.distance)) return;
  point_.distance = distance;
  point_.jacobian_norm = (mixed_ + distance * lipschitz_m_) / l;
}

double AdjointBound::drift(const Matrix& lambda, const SecondOrder& product) const {
  const double d = *point_.distance, b = *point_.jacobian_norm;
  const double of_outer = outer_ && d > 0 ? d * (b * outer_->lipschitz_x + outer_->lipschitz_theta) : 0;
  if (towards_.size() == 0) {
    double of_hessian = d * b * lipschitz_h_ * norm(lambda);
    if (self_concordance_) {
      const double l = *point_.smallest_eigenvalue, square = lambda.cwiseProduct(product.dx).sum();
      const double change = relative_change(*self_concordance_ * d) * std::sqrt(std::max(square, 0.0) / l);
      of_hessian = std::min(of_hessian, l * b * change);
    }
    return d * lipschitz_m_ * norm(lambda) + of_hessian + of_outer;
  }
  cost_.hessian_vector_products += lambda.cols();
  const SecondOrder there = checked_pull(problem_, x_ + d * towards_, theta_, lambda);
  return norm(there.dtheta - product.dtheta) + b * norm(there.dx - product.dx) + of_outer;
}

Certificate AdjointBound::of(const Matrix& w, const Matrix& lambda, const SecondOrder& product,
                             const Matrix& pulled) const {
  Certificate c = point_;
  c.norm = norm(total(pulled));
  if (!c.smallest_eigenvalue) {
    c.missing = no_curvature;
    return c;
  }
  const double gap = norm(pulled + product.dtheta), of_adjoint = *c.jacobian_norm * norm(w - product.dx);
  c.residual = gap + of_adjoint;
  c.drift = drift(lambda, product);
  const double bound = *c.residual + *c.drift, least = gap - of_adjoint - *c.drift;
  if (!std::isfinite(bound)) return c;
  c.bound = bound;
  if (least > 0) c.at_least = least;
  c.verdict = judge(c);
  return c;
}

Certificate AdjointBound::sharpened(Certificate c, const Matrix& w, const std::optional<OuterPart>& outer,
                                    const Matrix& lambda, const Matrix& pulled, Index products) const {
  if (!nearer_ || !c.bound) return c;
  AdjointBound there(problem_, nearer_->x, theta_, nearer_->gradient,
                     {mixed_ + nearer_->moved * lipschitz_m_, true}, cost_, options_);
  Matrix u = pulled;
  if (outer_ && outer) {
    u += outer_->theta - outer->theta;
    there.belongs_to(*outer);
  }
  Certificate sharper;
  try {
    ConjugateResiduals cr(problem_, nearer_->x, theta_, w, lambda, cost_);
    const auto is_enough = [&] {  // what is left of the residual hides little of the gap
      constexpr double little = 0.1;
      return *there.point_.jacobian_norm * cr.residual_norm() <= little * norm(u + cr.product().dtheta);
    };
    while (cr.steps() < products && !is_enough()) cr.step();
    if (cr.steps() > 0) cr.refresh();  // what was summed is off by rounding
    sharper = there.of(w, cr.solution(), cr.product(), u);
  } catch (const NumericalError&) {  // H(x̂) is not positive definite, or not finite
    return c;
  }
  if (!sharper.bound) return c;
  if (outer_) {  // F's curvature is measured where one stands: x̂ is nearer to where it counts
    c.bound = sharper.bound;
    c.at_least = sharper.at_least;
  } else {
    c.bound = std::min(*c.bound, *sharper.bound);
    if (sharper.at_least) c.at_least = std::max(c.at_least.value_or(0), *sharper.at_least);
  }
  c.verdict = judge(c);
  return c;
}

}  // namespace detail

Certificate certify_pullback(const Problem& problem, const Vector& x, const Vector& theta,
                             const Vector& cotangent, const Vector& pulled, const Implicit& method,
                             Cost* cost, const CertifyOptions& options) {
  check_sizes(problem, x.size(), theta.size(), "certify_pullback");
  detail::check_product("certify_pullback", "cotangent", cotangent, problem.dimension());
  detail::check_product("certify_pullback", "pullback", pulled, problem.parameters());
  if (!problem.has_equation()) {
    detail::check(options);
    return {.norm = pulled.stableNorm()};
  }
  Cost unasked;
  Cost& spent = cost != nullptr ? *cost : unasked;
  const Vector adjoint = gradient_equation(problem, x, theta, cost).adjoint(cotangent, method.linear());
  spent.hessian_vector_products += 1;
  const SecondOrder product = checked_pull(problem, x, theta, adjoint);
  spent.gradients += 1;
  const Vector gradient = checked_gradient(problem, x, theta);
  const detail::MixedNorm mixed = detail::mixed_norm(problem, x, theta, theta.size(), spent);
  detail::AdjointBound bound(problem, x, theta, gradient, mixed, spent, options);
  bound.refine(gradient, detail::most_refining_products);
  return bound.sharpened(bound.of(cotangent, adjoint, product, pulled), cotangent, {}, adjoint, pulled,
                         detail::most_refining_products);
}

}  // namespace unroll
