#include "unroll/derivative/certificate.hpp"

#include <fmt/format.h>

#include <cmath>

#include "estimates.hpp"
#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll {

namespace detail {

void check(const CertifyOptions& options) {
  if (!(options.accuracy > 0) || !std::isfinite(options.accuracy))
    throw DomainError(fmt::format("certify: accuracy is {}, must be positive", options.accuracy));
  if (options.smallest_eigenvalue &&
      (!(*options.smallest_eigenvalue > 0) || !std::isfinite(*options.smallest_eigenvalue)))
    throw DomainError(fmt::format("certify: the smallest eigenvalue is {}, must be positive",
                                  *options.smallest_eigenvalue));
}

void set_smallest_eigenvalue(Certificate& c, const std::optional<Curvature>& curvature,
                             const CertifyOptions& options) {
  if (options.smallest_eigenvalue) {
    c.smallest_eigenvalue = options.smallest_eigenvalue;
    c.source = ConstantSource::given;
  } else if (curvature && curvature->smallest_eigenvalue > 0) {
    c.smallest_eigenvalue = curvature->smallest_eigenvalue;
    c.source = curvature->exact ? ConstantSource::exact : ConstantSource::known;
  }
}

Verdict judge(const Certificate& c, double accuracy) {
  if (!c.bound) return Verdict::unknown;
  if (*c.bound <= accuracy * c.norm) return Verdict::good;
  return *c.residual >= *c.drift ? Verdict::inside_burn_in : Verdict::not_converged;
}

}  // namespace detail

namespace {

/// J (n×k) along Θ̇ (p×k), which is the identity for the whole Jacobian.
struct Estimate {
  const Problem& problem;
  const Vector& x;
  const Vector& theta;
  const Matrix& pushed;
  const Matrix& tangents;
  Cost* cost;

  /// H(point) J + M(point) Θ̇.
  Matrix residual(const Vector& point) const {
    if (pushed.cols() == 0) return pushed;
    if (cost != nullptr) cost->hessian_vector_products += pushed.cols();
    return problem.second_order(point, theta, pushed, tangents).dx;
  }
};

Certificate certify(const Estimate& e, double tangent_norm, const CertifyOptions& options) {
  detail::check(options);
  check_sizes(e.problem, e.x.size(), e.theta.size(), "certify");
  Certificate c;
  c.norm = e.pushed.norm();
  if (!e.problem.has_objective()) return c;
  if (e.cost != nullptr) e.cost->gradients += 1;
  const Vector gradient = e.problem.gradient(e.x, e.theta);
  const Matrix residual = e.residual(e.x);
  c.gradient_norm = gradient.norm();
  c.residual = residual.norm();

  const std::optional<Curvature> curvature = e.problem.curvature(e.theta);
  const bool lipschitz = curvature && curvature->hessian_lipschitz && curvature->mixed_lipschitz;
  std::optional<detail::Estimates> estimates;
  if (!lipschitz) estimates = detail::estimate(e.problem, e.x, e.theta, gradient, e.cost);
  detail::set_smallest_eigenvalue(c, curvature, options);
  if (!c.smallest_eigenvalue && !curvature && estimates->smallest_eigenvalue > 0)
    c.smallest_eigenvalue = estimates->smallest_eigenvalue;  // the source is set below
  if (!c.smallest_eigenvalue) return c;
  const double distance = *c.gradient_norm / *c.smallest_eigenvalue;
  if (lipschitz) {
    c.drift =
        distance * (*curvature->mixed_lipschitz * tangent_norm + *curvature->hessian_lipschitz * c.norm);
  } else {
    c.drift = (e.residual(e.x + distance * estimates->towards_minimiser) - residual).norm();
    c.source = ConstantSource::estimated;
  }
  const double bound = (*c.residual + *c.drift) / *c.smallest_eigenvalue;
  if (std::isfinite(bound)) c.bound = bound;
  c.verdict = detail::judge(c, options.accuracy);
  return c;
}

std::string_view origin(ConstantSource source) {
  switch (source) {
    case ConstantSource::none:
      return "of no known origin";
    case ConstantSource::given:
      return "given";
    case ConstantSource::exact:
      return "the smallest eigenvalue of H";
    case ConstantSource::known:
      return "known of the problem";
    case ConstantSource::estimated:
      return "estimated, as is the bound";
  }
  return "";
}

}  // namespace

Certificate certify(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& jacobian,
                    Cost* cost, const CertifyOptions& options) {
  const Index p = problem.parameters();
  if (jacobian.rows() != problem.dimension() || jacobian.cols() != p)
    throw ShapeError(fmt::format("certify: the Jacobian is {}x{}, not {}x{}", jacobian.rows(),
                                 jacobian.cols(), problem.dimension(), p));
  const Matrix identity = Matrix::Identity(p, p);
  return certify(Estimate{problem, x, theta, jacobian, identity, cost}, 1, options);
}

Certificate certify_tangent(const Problem& problem, const Vector& x, const Vector& theta,
                            const Vector& pushed, const Vector& tangent, Cost* cost,
                            const CertifyOptions& options) {
  if (pushed.size() != problem.dimension() || tangent.size() != problem.parameters())
    throw ShapeError(fmt::format("certify: the product has {} entries and the tangent {}, not {} and {}",
                                 pushed.size(), tangent.size(), problem.dimension(), problem.parameters()));
  const Matrix j = pushed, direction = tangent;
  return certify(Estimate{problem, x, theta, j, direction, cost}, tangent.norm(), options);
}

Certificate certify_point(const Problem& problem, const Vector& x, const Vector& theta, Cost* cost) {
  check_sizes(problem, x.size(), theta.size(), "certify");
  Certificate c;
  if (!problem.has_objective()) return c;
  if (cost != nullptr) cost->gradients += 1;
  c.gradient_norm = problem.gradient(x, theta).norm();
  return c;
}

std::string_view describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::inside_burn_in:
      return "inside burn-in";
    case Verdict::not_converged:
      return "not converged";
    case Verdict::unknown:
      return "unknown";
  }
  return "";
}

std::string Certificate::message() const {
  const auto measured = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.3g}", *value) : std::string("not measured");
  };
  if (!bound)
    return fmt::format("{}: no bound (gradient {}, residual {})", describe(verdict), measured(gradient_norm),
                       measured(residual));
  const std::string relative = norm > 0 ? fmt::format(", {:.2g} of its norm", *bound / norm) : "";
  return fmt::format("{}{}: off by at most {:.3g}{} (gradient {}, residual {}, curvature {:.3g}, {})",
                     describe(verdict), estimated() ? ", by estimate" : "", *bound, relative,
                     measured(gradient_norm), measured(residual), *smallest_eigenvalue, origin(source));
}

}  // namespace unroll
