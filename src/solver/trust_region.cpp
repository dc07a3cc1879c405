#include "unroll/solver/trust_region.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "curved_step.hpp"
#include "instantiate.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

/// The minimiser δ of the model in the region. Along an eigenvector whose λ is zero but for rounding nothing
/// moves, unless the gradient has more than rounding there.
class Model {
 public:
  /// `known` is what changes of f are told from: about 1e-14 |f|.
  Model(const Matrix& H, const Vector& g, double radius, double known) {
    if (!H.allFinite() || !g.allFinite())
      throw NumericalError("trust region: gradient or H have entries that are not finite at x");
    // In units in which squares are at hand.
    const double largest = std::max(radius * H.lpNorm<Eigen::Infinity>(), g.lpNorm<Eigen::Infinity>());
    if (largest > 0) unit_ = largest;
    const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H / unit_);
    vectors_ = eigen.eigenvectors();
    values_ = eigen.eigenvalues();
    g_ = vectors_.transpose() * (g / unit_);
    const double rounding = static_cast<double>(g.size()) * std::numeric_limits<double>::epsilon(),
                 flat = rounding * values_.lpNorm<Eigen::Infinity>(),
                 level = std::max(4 * rounding * g_.norm(), known / unit_ / radius);
    for (Index i = 0; i < g.size(); ++i) {
      if (std::abs(values_[i]) > flat) continue;
      values_[i] = 0;
      if (std::abs(g_[i]) <= level) g_[i] = 0;
    }
    const double least = std::max(0.0, -values_.minCoeff());
    if (least == 0 && along(0).norm() <= radius) {
      part_ = along(0);
      return;
    }
    on_boundary_ = true;
    // ‖δ(μ)‖ falls from μ = least on, and is at most the radius at the upper end.
    double low = least, high = least + g_.norm() / radius;
    for (int i = 0; i < 200; ++i) {
      const double middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) break;
      (along(middle).norm() > radius ? low : high) = middle;
    }
    shift_ = high;
    part_ = along(shift_);
    const double missing = radius * radius - part_.squaredNorm();
    is_hard_ = least > 0 && missing > 1e-6 * radius * radius;
    if (is_hard_) part_[0] += std::copysign(std::sqrt(missing), g_[0]);
  }

  Vector delta() const { return vectors_ * part_; }
  bool on_boundary() const { return on_boundary_; }
  /// What the model falls by.
  double promised() const { return unit_ * (part_.dot(g_) - 0.5 * part_.dot(values_.cwiseProduct(part_))); }
  /// The derivative of δ in g − Hδ, δ constant there: (H + μI)⁻¹ where that is, on the boundary but for what
  /// would leave it.
  Matrix inverse() const {
    if (is_hard_)
      throw NumericalError(
          "trust region: the gradient has no part along H's most negative curvature, either side of it is as "
          "good, and the step has no derivative");
    const Vector shifted = values_.array() + shift_;
    const Vector inverse = (shifted.array() == 0).select(0.0, shifted.cwiseInverse());
    const Matrix P = vectors_ * inverse.asDiagonal() * vectors_.transpose();
    if (!on_boundary_) return P / unit_;
    const Vector d = delta(), Pd = P * d;
    return (P - Pd * Pd.transpose() / d.dot(Pd)) / unit_;
  }

 private:
  /// Qᵀ δ(μ).
  Vector along(double mu) const { return (g_.array() == 0).select(0.0, g_.array() / (values_.array() + mu)); }

  double unit_ = 1;           // of H and g
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
  const Vector x = value_of(s.x), at = value_of(theta);
  constexpr double rounding = 1e-14;  // of f: what the ratio says then is noise
  const double before = f.plain().value(x, at), noise = rounding * std::abs(before);
  const Model model(f.hessian(s.x, theta), value_of(g), s.radius, noise);
  const Vector delta = model.delta();
  const double after = f.plain().value(x - delta, at), length = delta.norm();
  const bool at_rest = model.promised() <= noise;
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
    const Factorisation H = curvature_factor("trust region", f.hessian(s.x, theta));
    return {frozen_landing(s.x, f.gradient(s.x, theta), H, next.x), next.radius, true};
  }
}

UNROLL_INSTANTIATE(TrustRegion, TrustRegion::State, step)
UNROLL_INSTANTIATE(TrustRegion, TrustRegion::State, frozen_step)

}  // namespace unroll
