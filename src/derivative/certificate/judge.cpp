#include "judge.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/error.hpp"

namespace unroll::detail {

void check(const CertifyOptions& options) {
  if (!(options.accuracy > 0) || !std::isfinite(options.accuracy))
    throw DomainError(fmt::format("certify: accuracy is {}, must be positive", options.accuracy));
  if (options.smallest_eigenvalue &&
      (!(*options.smallest_eigenvalue > 0) || !std::isfinite(*options.smallest_eigenvalue)))
    throw DomainError(fmt::format("certify: the smallest eigenvalue is {}, must be positive",
                                  *options.smallest_eigenvalue));
}

std::optional<Curvature> checked_curvature(const Problem& problem, const Vector& theta) {
  std::optional<Curvature> curvature = problem.curvature(theta);
  if (!curvature) return curvature;
  const auto require = [](bool holds, const char* name, double value) {
    if (!holds) throw DomainError(fmt::format("certificate: curvature(theta) says {} = {}", name, value));
  };
  require(std::isfinite(curvature->smallest_eigenvalue), "smallest_eigenvalue",
          curvature->smallest_eigenvalue);
  const std::pair<const char*, std::optional<double>> constants[] = {
      {"hessian_lipschitz", curvature->hessian_lipschitz},
      {"mixed_lipschitz", curvature->mixed_lipschitz},
      {"self_concordance", curvature->self_concordance}};
  for (const auto& [name, value] : constants)
    if (value) require(*value >= 0, name, *value);
  return curvature;
}

std::optional<Curvature> known_curvature(const Problem& problem, const Vector& theta) {
  std::optional<Curvature> curvature = checked_curvature(problem, theta);
  if (curvature && !(curvature->hessian_lipschitz && curvature->mixed_lipschitz)) curvature.reset();
  return curvature;
}

namespace {

/// What a few products with H at x, or with ∂_xF of a root, tell of it.
struct Estimates {
  double smallest_eigenvalue;  // the smallest Ritz value: at least λ_min(H), or σ_min(∂_xF), near it once the
                               // gradient is along the slow directions, as it is after many steps
  Vector towards_minimiser;  // n, a unit vector along Newton's step
};

/// By min(n, 20) steps of Lanczos' method from the gradient (Golub & Van Loan 2013, 10.1), every vector
/// orthogonalised against all before; where the gradient's part is exhausted, from a vector of no structure.
Estimates estimate(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                   Cost& cost) {
  const Index n = x.size();
  const bool symmetric = problem.has_objective();
  // A = H, or JᵀJ of a root, J = ∂_xF: its inverse times Jᵀ F is Newton's step, too.
  const auto pull = [&](const Vector& w) -> Vector {
    cost.hessian_vector_products += 1;
    return checked_pull(problem, x, theta, w).dx;
  };
  const auto apply = [&](const Vector& v) -> Vector {
    if (symmetric) return pull(v);
    cost.hessian_vector_products += 1;
    return pull(checked_push(problem, x, theta, v, Matrix::Zero(theta.size(), 1)));
  };
  const Vector right = symmetric ? gradient : pull(gradient);
  const double norm = right.stableNorm();
  Matrix basis(n, std::min(n, products_of_estimates));
  basis.col(0) = norm > 0 ? Vector(right / norm) : Vector(Vector::Ones(n).normalized());
  Matrix projected = Matrix::Zero(basis.cols(), basis.cols());  // VᵀHV
  constexpr double rounding = 1e-12;
  for (Index k = 0; k < basis.cols(); ++k) {
    const Vector w = apply(basis.col(k));
    const auto known = basis.leftCols(k + 1);
    projected.col(k).head(k + 1) = known.transpose() * w;
    if (k + 1 == basis.cols()) break;
    const auto orthogonal = [&](Vector v) -> Vector {
      v -= known * (known.transpose() * v);
      return v - known * (known.transpose() * v);
    };
    const Vector rest = orthogonal(w);
    const double length = rest.stableNorm();
    // Once the gradient's part is exhausted: a flat direction in which it is 0 is seen from elsewhere.
    basis.col(k + 1) =
        length > rounding * w.stableNorm() ? Vector(rest / length) : orthogonal(ad::uneven(n)).normalized();
  }
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(Matrix(projected.selfadjointView<Eigen::Upper>()));
  const Vector ritz = eigen.eigenvalues();
  Vector step = Vector::Zero(n);
  if (ritz[0] > 0)  // −V (VᵀHV)⁻¹ Vᵀ ∇f
    step = -basis * (eigen.eigenvectors() * (eigen.eigenvectors().row(0).transpose().cwiseQuotient(ritz)));
  const double least = symmetric ? ritz[0] : std::sqrt(std::max(ritz[0], 0.0));
  return {least, step.norm() > 0 ? Vector(step.normalized()) : Vector(-basis.col(0))};
}

}  // namespace

Constants set_constants(Certificate& c, const Problem& problem, const Vector& x, const Vector& theta,
                        const Vector& gradient, const CertifyOptions& options, Cost& cost) {
  const std::optional<Curvature> curvature = checked_curvature(problem, theta);
  Constants constants{known_curvature(problem, theta), {}};
  if (options.smallest_eigenvalue) {
    c.smallest_eigenvalue = options.smallest_eigenvalue;
    c.source = ConstantSource::given;
  } else if (curvature && curvature->smallest_eigenvalue > 0) {
    c.smallest_eigenvalue = curvature->smallest_eigenvalue;
    c.source = curvature->exact ? ConstantSource::exact : ConstantSource::known;
  }
  if (constants.known) return constants;
  const Estimates e = estimate(problem, x, theta, gradient, cost);
  constants.towards_minimiser = e.towards_minimiser;
  if (!c.smallest_eigenvalue && !curvature && e.smallest_eigenvalue > 0)
    c.smallest_eigenvalue = e.smallest_eigenvalue;
  if (c.smallest_eigenvalue) c.source = ConstantSource::estimated;
  return constants;
}

Verdict judge(const Certificate& c) {
  if (!c.bound) return Verdict::unknown;
  if (*c.bound <= c.accuracy * c.norm) return Verdict::good;
  if (c.at_least && *c.at_least > c.accuracy * c.norm) return Verdict::wrong_by_at_least;
  return *c.residual >= *c.drift ? Verdict::inside_burn_in : Verdict::not_converged;
}

double norm(const Matrix& a) { return a.size() == 0 ? 0 : a.reshaped().stableNorm(); }

}  // namespace unroll::detail
