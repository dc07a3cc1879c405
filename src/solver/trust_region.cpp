#include "unroll/solver/trust_region.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "curved_step.hpp"
#include "instantiate.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

/// The minimiser δ of the model in the region.
class Model {
 public:
  Model(const Matrix& H, const Vector& g, double radius) {
    if (!H.allFinite() || !g.allFinite())
      throw NumericalError("trust region: gradient or H have entries that are not finite at x");
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
    vectors_ = eigen.eigenvectors();
    values_ = eigen.eigenvalues();
    g_ = vectors_.transpose() * g;
    const double least = std::max(0.0, -values_[0]);
    if (values_[0] > 0 && along(0).norm() <= radius) {
      part_ = along(0);
      return;
    }
    on_boundary_ = true;
    // ‖δ(μ)‖ falls from μ = least on, and is at most the radius at the upper end.
    double low = least, high = least + g.norm() / radius;
    for (int i = 0; i < 200; ++i) {
      const double middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) break;
      (along(middle).norm() > radius ? low : high) = middle;
    }
    shift_ = high;
    part_ = along(shift_);
    const double missing = radius * radius - part_.squaredNorm();
    is_hard_ = values_[0] < 0 && missing > 1e-6 * radius * radius;
    if (is_hard_) part_[0] += std::copysign(std::sqrt(missing), g_[0]);
  }

  Vector delta() const { return vectors_ * part_; }
  bool on_boundary() const { return on_boundary_; }
  /// What the model falls by.
  double promised() const { return part_.dot(g_) - 0.5 * part_.dot(values_.cwiseProduct(part_)); }
  /// The derivative of δ in g − Hδ, δ constant there: (H + μI)⁻¹, on the boundary but for what would leave
  /// it.
  Matrix inverse() const {
    if (is_hard_)
      throw NumericalError(
          "trust region: the gradient has no part along H's most negative curvature, either side of it is as "
          "good, and the step has no derivative");
    const Matrix P =
        vectors_ * (values_.array() + shift_).inverse().matrix().asDiagonal() * vectors_.transpose();
    if (!on_boundary_) return P;
    const Vector d = delta(), Pd = P * d;
    return P - Pd * Pd.transpose() / d.dot(Pd);
  }

 private:
  /// Qᵀ δ(μ).
  Vector along(double mu) const { return (g_.array() == 0).select(0.0, g_.array() / (values_.array() + mu)); }

  Vector values_, g_, part_;  // in the eigenvectors' coordinates: λ, g, δ
  Matrix vectors_;
  double shift_ = 0;  // μ
  bool on_boundary_ = false, is_hard_ = false;
};

/// Δ/4, or Δ/16, …, whichever is first at most ‖δ‖.
double shrunk(double radius, double length) {
  radius /= 4;
  while (radius > length) radius /= 4;
  return radius;
}

void check_has_objective(const Problem& problem) {
  if (!problem.has_objective())
    throw UnsupportedError(
        "trust region: there is no objective to bring down; of a root take Newton with halvings");
}

}  // namespace

void TrustRegion::check() const {
  detail::check_option("trust region", "first_radius", first_radius, "positive and finite",
                       first_radius > 0 && std::isfinite(first_radius));
  detail::check_option("trust region", "accept", accept, "from 0 to 1/4", accept >= 0 && accept < 0.25);
}

template <class V>
TrustRegion::State<V> TrustRegion::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  check_has_objective(f.problem());
  const V g = f.gradient(s.x, theta);
  const Model model(f.hessian(s.x, theta), value_of(g), s.radius);
  const Vector x = value_of(s.x), at = value_of(theta), delta = model.delta();
  const double before = f.plain().value(x, at), after = f.plain().value(x - delta, at), length = delta.norm();
  constexpr double rounding = 1e-14;  // of f: what the ratio says then is noise
  const bool at_rest = model.promised() <= rounding * std::abs(before);
  const double gain = (before - after) / model.promised();
  double radius = s.radius;
  if (!at_rest && !(gain >= 0.25)) radius = shrunk(radius, length);
  if (!at_rest && gain > 0.75 && model.on_boundary()) radius *= 2;
  if (!at_rest && !(gain > accept)) return {s.x, radius, false};
  if constexpr (std::is_same_v<V, Vector>) {
    return {x - delta, radius, true};
  } else {
    const V change = g - f.product(s.x, theta, delta);
    return {V(s.x - delta - V(model.inverse() * V(change - value_of(change)))), radius, true};
  }
}

template <class V>
TrustRegion::State<V> TrustRegion::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta,
                                               Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return step(f, s, theta, t);
  } else {
    const auto next = step(f.plain(), State<Vector>{value_of(s.x), s.radius, s.accepted}, value_of(theta), t);
    if (!next.accepted) return {s.x, next.radius, false};
    const Factorisation H = damped_factor("trust region", f.hessian(s.x, theta), 0);
    return {frozen_landing(s.x, f.gradient(s.x, theta), H, next.x), next.radius, true};
  }
}

UNROLL_INSTANTIATE(TrustRegion, TrustRegion::State, step)
UNROLL_INSTANTIATE(TrustRegion, TrustRegion::State, frozen_step)

}  // namespace unroll
