#include "unroll/derivative/hypergradient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "derivative/run/steps.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// F(x_T, θ), or F_t, as a function of x and θ alone.
using Outer = std::function<Var(const VarVector& x, const VarVector& theta)>;

/// ‖∂²F/∂x²‖ and ‖∂²F/∂θ∂x‖ at a point, from below: by a few steps of power iterations. Infinite by
/// primitives without second derivatives.
struct OuterCurvature {
  double x, theta;
};

OuterCurvature outer_curvature(const Outer& outer, const Vector& x, const Vector& theta, const Vector& w) {
  const Index n = x.size(), p = theta.size();
  const auto generic = [](Index size) { return Vector::LinSpaced(size, 1, 2).stableNormalized(); };
  // Directions that turn towards where F bends most: of ∂²F/∂x² the first, of ∂²F/∂θ∂x and its transpose the
  // others. Not from w alone: it may vanish, or be blind to where F bends.
  Matrix in_x = Matrix::Zero(n, 3), in_theta = Matrix::Zero(p, 3);
  in_x.col(0) = (w.stableNormalized() + generic(n)).stableNormalized();
  in_x.col(1) = generic(n);
  if (p > 0) in_theta.col(2) = generic(p);
  OuterCurvature most{0, 0};
  const auto follow = [](auto direction, const auto& image) {
    const double size = image.stableNorm();
    if (size > 0) direction = image.stableNormalized();
    return size;
  };
  try {
    for (int product = 0; product < 5; ++product) {
      Tape tape(3);
      const SecondOrder images = ad::over_rays(tape, [&]() -> SecondOrder {
        const VarVector taped_x = tape.input(x, in_x), taped_theta = tape.input(theta, in_theta);
        const Var y = outer(taped_x, taped_theta);
        if (y.is_constant()) return {Matrix::Zero(n, 3), Matrix::Zero(p, 3)};
        const Sweep sweep = tape.sweep(y);
        return {sweep.adjoint(taped_x).rightCols(3), sweep.adjoint(taped_theta).rightCols(3)};
      });
      most.x = std::max(most.x, follow(in_x.col(0), images.dx.col(0)));
      most.theta =
          std::max({most.theta, images.dtheta.col(0).stableNorm(), follow(in_x.col(1), images.dx.col(2)),
                    follow(in_theta.col(2), images.dtheta.col(1))});
    }
  } catch (const UnsupportedError&) {
    return {infinity, infinity};
  }
  return most;
}

/// F and both its gradients at a point.
struct OuterGradient {
  double value;
  Vector x;      // ∂_xF, n; empty where F is constant
  Vector theta;  // ∂_θF, p
};

/// One recording and one sweep. @throws DomainError if F is not finite.
OuterGradient outer_gradient(const Outer& outer, const Vector& x, const Vector& theta) {
  Tape tape;
  const VarVector taped_x = tape.input(x), taped_theta = tape.input(theta);
  const Var y = outer(taped_x, taped_theta);
  if (!std::isfinite(value_of(y)))
    throw DomainError(fmt::format("hypergradient: the outer loss is {}", value_of(y)));
  if (y.is_constant()) return {value_of(y), {}, Vector::Zero(theta.size())};
  const Sweep sweep = tape.sweep(y);
  return {value_of(y), sweep.adjoint(taped_x), sweep.adjoint(taped_theta)};
}

/// @throws DomainError if F does not depend on x, which is no error of one iterate among many.
void check_depends_on_x(const Outer& outer, const Vector& x, const Vector& theta) {
  Tape tape;
  if (outer(tape.input(x), VarVector(theta)).is_constant())
    throw DomainError(
        "hypergradient: the outer loss does not depend on x: outer(x, theta) gives a constant, or a function "
        "of theta alone, whose gradient needs no inner problem");
}

/// What cotangents are asked for, and what they leave of F.
class Asked {
 public:
  Asked(const OuterLoss& outer, const Vector& theta, Hypergradient& h)
      : partial(Vector::Zero(theta.size())), outer_(outer), theta_(theta), h_(h) {}

  Vector partial;  // ∂_θF
  Vector w{};      // ∂_xF at x_T
  OuterCurvature curvature{infinity, infinity};
  bool has_slope = true;  // whether ∂_xF is finite

  Vector at_end(const Vector& x) {
    OuterGradient g = outer_gradient(at(0), x, theta_);
    if (g.x.isZero(0)) check_depends_on_x(at(0), x, theta_);  // or is it a stationary point?
    h_.value = g.value;
    partial = g.theta;
    return w = finite(std::move(g.x));
  }
  Vector along(Index t, const Vector& x) {
    const auto i = static_cast<std::size_t>(t);
    if (i >= seen_.size()) seen_.resize(i + 1);
    seen_[i] = true;
    return finite(count(t, x));
  }
  OuterPart part(const Vector& x, const Vector& of_x) {
    if (!outer_.is_along) curvature = outer_curvature(at(0), x, theta_, of_x);
    return {partial, curvature.x, curvature.theta};
  }
  /// Of a loss along the run: whether F_0, …, F_T have counted, and what makes one count that has not.
  /// @{
  bool has_seen_all(Index steps) const { return std::count(seen_.begin(), seen_.end(), true) > steps; }
  void count_unseen(Index t, const Vector& x) {
    const auto i = static_cast<std::size_t>(t);
    if (i >= seen_.size() || !seen_[i]) count(t, x);
  }
  /// @}

 private:
  Outer at(Index t) const {
    return [this, t](const VarVector& x, const VarVector& theta) { return outer_.at(t, x, theta); };
  }
  Vector count(Index t, const Vector& x) {
    OuterGradient g = outer_gradient(at(t), x, theta_);
    h_.value += g.value;
    partial += g.theta;
    return std::move(g.x);
  }
  Vector finite(Vector of_x) {
    if (of_x.allFinite()) return of_x;
    has_slope = false;
    return Vector::Zero(of_x.size());
  }

  const OuterLoss& outer_;
  const Vector& theta_;
  Hypergradient& h_;
  std::vector<bool> seen_{};  // which F_t counted
};

}  // namespace

Hypergradient hypergradient(const OuterLoss& outer, const std::function<StepsPtr()>& run, const Vector& theta,
                            const Method& method) {
  Hypergradient h;
  Asked asked(outer, theta, h);
  Cotangent cotangent = outer.is_along
                            ? Cotangent([&](Index t, const Vector& x) { return asked.along(t, x); })
                            : Cotangent([&](const Vector& x) { return asked.at_end(x); });
  cotangent.belongs_to([&](const Vector& x, const Vector& of_x) { return asked.part(x, of_x); });
  const Vjp v = vjp(run(), cotangent, method, false);
  static_cast<RunRecord&>(h) = v;
  // Those before the last steps count, too, where the run is truncated.
  if (outer.is_along && !asked.has_seen_all(v.steps)) {
    const StepsPtr again = run();
    again->run_from(again->x0(), theta, v.steps, [&](Index t, const Vector& x) { asked.count_unseen(t, x); });
  }
  h.dtheta = v.dtheta + asked.partial;
  h.dx0 = v.dx0;
  h.adjoint = v.adjoint;
  h.certificate = v.certificate;
  if (!asked.has_slope) {  // what was pulled back stood for no cotangent, and proves nothing
    for (Vector* const derivative : {&h.dtheta, &h.dx0, &h.adjoint}) derivative->setConstant(std::nan(""));
    h.certificate = {};
  }
  if (!(asked.partial.allFinite() && asked.has_slope) && h.status != Status::non_finite) {
    h.status = Status::non_finite_derivative;
    h.origin =
        asked.has_slope ? "the outer loss, differentiated in theta" : "the outer loss, differentiated in x";
  }
  h.certificate.norm = h.dtheta.stableNorm();
  const OuterCurvature& curvature = asked.curvature;
  if (const std::optional<double>& d = h.certificate.distance; d && std::isfinite(curvature.x))
    h.value_error = *d * (asked.w.stableNorm() + 0.5 * curvature.x * *d);
  return h;
}

}  // namespace unroll::detail
