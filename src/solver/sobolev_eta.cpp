#include "unroll/solver/sobolev_eta.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <random>

#include "solver/krylov_space.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/run.hpp"
#include "unroll/solver/schedule.hpp"

namespace unroll {
namespace {

constexpr double safety = 10;
constexpr double rounding = 1e-10;
constexpr Index directions_for_each_vector = 16;
constexpr Index most_probes = 4;

/// Directions of θ over which ‖·‖_F² of an n×p matrix is estimated, p×q.
Matrix probes(Index p) {
  if (p <= most_probes) return Matrix::Identity(p, p);
  std::mt19937 bits(1);
  return Matrix::NullaryExpr(p, most_probes, [&] { return (bits() & 1U) != 0 ? 1.0 : -1.0; });
}

/// The problem's derivatives at fixed θ, counted.
struct Counted {
  const Problem& problem;
  const Vector& theta;
  Cost& cost;

  Vector gradient(const Vector& x) const {
    ++cost.gradients;
    return checked_gradient(problem, x, theta);
  }
  /// H(x) V, n×k.
  Matrix hessian(const Vector& x, const Matrix& directions) const {
    cost.hessian_vector_products += directions.cols();
    return checked_second_order(problem, x, theta, directions, Matrix::Zero(theta.size(), directions.cols()))
        .dx;
  }
  /// M(x) Ω, n×q.
  Matrix mixed(const Vector& x, const Matrix& omega) const {
    cost.hessian_vector_products += omega.cols();
    return checked_second_order(problem, x, theta, Matrix::Zero(x.size(), omega.cols()), omega).dx;
  }
};

/// −H⁻¹ R, a lower bound column by column: one exact line search each from 0, −R ‖r‖²/(rᵀHr).
Matrix line_search(const Matrix& r, const Matrix& Hr) {
  Matrix step = Matrix::Zero(r.rows(), r.cols());
  for (Index i = 0; i < r.cols(); ++i) {
    const double curvature = r.col(i).dot(Hr.col(i));
    if (curvature > 0) step.col(i) = -r.col(i).squaredNorm() / curvature * r.col(i);
  }
  return step;
}

/// A ratio, or why there is none.
struct Outcome {
  double ratio = 0;
  std::string obstacle = {};
};

/// A point at which a Krylov space starts.
struct Base {
  Vector point, gradient;  // n: z, ∇f(z)
  Matrix mixed;            // n×q: M(z) Ω
};

class Estimator {
 public:
  Estimator(const Counted& f, const Vector& x0, const Matrix& dx0)
      : f_(f),
        omega_(probes(f.theta.size())),
        start_{x0, f.gradient(x0), f.mixed(x0, omega_)},
        start_jacobian_(dx0.size() == 0 ? Matrix::Zero(x0.size(), omega_.cols()) : Matrix(dx0 * omega_)) {}

  /// The largest of the estimates from 0 and from x_0.
  Outcome estimate() const {
    if (!start_.gradient.allFinite() || !start_.mixed.allFinite())
      return {0, "a derivative of f at the start is not finite"};
    const Index directions = directions_for_each_vector * (1 + omega_.cols());
    if (start_.point.isZero(0)) return from(start_, directions);
    const Vector zero = Vector::Zero(start_.point.size());
    const Base origin{zero, f_.gradient(zero), f_.mixed(zero, omega_)};
    if (!origin.gradient.allFinite() || !origin.mixed.allFinite()) return from(start_, directions);
    const bool start_is_lower = (origin.gradient + start_.gradient).dot(start_.point) < 0;
    if (!start_is_lower) return from(origin, directions);
    const Outcome a = from(origin, directions / 2), b = from(start_, directions / 2);
    return a.obstacle.empty() && (!b.obstacle.empty() || a.ratio > b.ratio) ? a : b;
  }

 private:
  Outcome from(const Base& base, Index directions) const {
    constexpr double settled = 1;
    detail::KrylovSpace space(base.point.size(),
                              [&](const Vector& v) { return Vector(f_.hessian(base.point, v)); });
    space.add_start(base.gradient);
    for (Index i = 0; i < base.mixed.cols(); ++i) space.add_start(base.mixed.col(i));
    Outcome last;
    for (Index size = directions_for_each_vector * (1 + omega_.cols()) / 4;; size *= 2) {
      const bool ends = !space.grow(size) || size >= directions;
      const Outcome now = ratio(base, space);
      if (ends || !now.obstacle.empty() ||
          (last.ratio > 0 && std::abs(std::log(now.ratio / last.ratio)) <= settled))
        return now;
      last = now;
    }
  }

  /// ‖M(x_0) − M(x̂)‖²/‖Ĵ − ∂x_0‖² by Galerkin's condition in a space.
  Outcome ratio(const Base& base, const detail::KrylovSpace& space) const {
    if (!space.products().allFinite()) return {0, "a Hessian-vector product is not finite"};
    const Matrix& V = space.basis();
    const Eigen::LLT<Matrix> H(space.projected());
    if (H.info() != Eigen::Success) return {0, "the Hessian is not positive definite"};
    const Vector x = base.point - V * H.solve(V.transpose() * base.gradient);
    const Matrix mixed = f_.mixed(x, omega_);
    const Matrix inside = V.transpose() * mixed;
    const Matrix outside = mixed - V * inside;
    Matrix jacobian = -V * H.solve(inside);
    if (outside.norm() > rounding * mixed.norm())
      jacobian += line_search(outside, f_.hessian(base.point, outside));
    const double noise = (start_.mixed - mixed).squaredNorm();
    const double signal = (jacobian - start_jacobian_).squaredNorm();
    if (signal == 0) return {0, "the Jacobian of the minimiser is, as far as can be seen, that of the start"};
    if (!std::isfinite(safety * (noise / signal))) return {0, "the estimate is not finite"};
    return {noise / signal};
  }

  Counted f_;
  Matrix omega_;  // p×q
  Base start_;
  Matrix start_jacobian_;  // n×q, ∂x_0 Ω
};

void check_start_jacobian(const Matrix& dx0, Index n, Index p) {
  if (dx0.size() == 0) return;
  if (dx0.rows() != n || dx0.cols() != p)
    throw ShapeError(fmt::format("automatic_eta: dx0 is {}x{}, not {}x{}", dx0.rows(), dx0.cols(), n, p));
  if (!dx0.allFinite()) throw DomainError("automatic_eta: dx0 is not finite");
}

}  // namespace

EtaEstimate automatic_eta(const Problem& problem, const Vector& x0, const Vector& theta,
                          const Spectrum& spectrum, const Matrix& dx0) {
  check_point(problem, x0, theta, "automatic_eta");
  check_spectrum(spectrum.smallest, spectrum.largest, "automatic_eta");
  check_start_jacobian(dx0, x0.size(), theta.size());
  Cost cost;
  const Outcome outcome = Estimator({problem, theta, cost}, x0, dx0).estimate();
  const double unit = spectrum.largest * spectrum.largest;
  return {outcome.obstacle.empty() ? safety * outcome.ratio : unit, cost, outcome.obstacle};
}

Sobolev automatic_sobolev(const Problem& problem, const Vector& x0, const Vector& theta,
                          const Spectrum& spectrum, const Matrix& dx0, double alpha) {
  return {{.alpha = alpha,
           .eta = automatic_eta(problem, x0, theta, spectrum, dx0).eta,
           .smallest_eigenvalue = spectrum.smallest,
           .largest_eigenvalue = spectrum.largest}};
}

}  // namespace unroll
