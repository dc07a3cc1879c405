#pragma once

#include <optional>

#include "adjoint_bound.hpp"
#include "derivative/run/steps.hpp"

namespace unroll::detail {

/// x on its way to the minimiser, as near as a derivative there needs it: by the solver's steps, then by
/// conjugate residuals on Hδ = ∇f, Newton's method with steps that are shortened where H varies. Counts what
/// it spends.
class Approach {
 public:
  /// `most`: gradients and products, after the solver's own.
  Approach(Steps& steps, Index most);

  const Vector& x() const { return steps_.record.x; }
  /// Where the problem knows that it is convex everywhere, at x_0: there is one minimiser, which `move` finds
  /// with the least products. Else the solver's steps decide which it is, until x is near it.
  void start();
  /// What was spent so far is not of the budget: a new derivative begins.
  void renew() { spent_before_ = spent(); }
  /// Moves x until the drift is at most this share of the derivative, or nothing helps.
  void move(double share);
  /// What a λ at x showed the share to be: measures what is expected from now on.
  void learn(double share);
  /// Steps of `cr` until it is enough, no longer falls, or the budget is spent: how many products.
  template <class Enough>
  Index solve(ConjugateResiduals& cr, const Enough& enough) {
    const Index before = steps_.record.cost.hessian_vector_products;
    constexpr double rounding = 1e-17;  // below which a residual that is summed says nothing
    double least = cr.residual_norm();
    const double floor = rounding * least;
    for (Index idle = 0; !enough() && has_budget() && idle < 10 && least > floor;) {
      cr.step();
      const double now = cr.residual_norm();
      idle = now < 0.999 * least ? 0 : idle + 1;
      least = std::min(least, now);
    }
    return steps_.record.cost.hessian_vector_products - before;
  }

  bool has_budget() const;
  /// What the problem knows, if it is all that bounds need and it is strongly convex.
  const std::optional<Curvature>& known() const { return known_; }
  const Vector& gradient();  // at x
  MixedNorm mixed() { return mixed_at(x()); }
  Index moves() const { return moves_; }
  Index products() const { return products_; }

 private:
  /// The solver's steps, until the drift is expected to be at most this share of the derivative, or they are
  /// all done.
  void take_steps(double share);
  Index spent() const;
  void look(const Vector& at);
  MixedNorm mixed_at(const Vector& at);
  double expected_share(const Vector& at);
  double expected_drift(const Vector& at);
  /// Moves x along −δ of `cr` to where ‖∇f‖ has fallen, if it does.
  bool step_along(const ConjugateResiduals& cr);
  bool is_quadratic() const { return known_ && *known_->hessian_lipschitz == 0; }

  Steps& steps_;
  std::optional<Curvature> known_;
  Index most_, spent_before_ = 0, moves_ = 0, products_ = 0;
  std::optional<Vector> gradient_;  // ∇f at gradient_at_
  Vector gradient_at_;
  std::optional<MixedNorm> mixed_;  // ‖M‖ at mixed_at_
  Vector mixed_at_;
  std::optional<double> first_gradient_;
  std::optional<double> bend_;  // what of ∇f the last move found that is not linear, per ‖∇f‖²
  std::optional<double> share_per_gradient_;  // of the drift, as it was measured
};

}  // namespace unroll::detail
