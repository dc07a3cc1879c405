#include "approach.hpp"

#include <algorithm>
#include <utility>

#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {
namespace {
constexpr double most_share = 1e4;  // of the drift in a derivative, which may vanish at x
}

Approach::Approach(Steps& steps, Index most)
    : steps_(steps), known_(known_curvature(steps.problem(), steps.theta())), most_(most) {
  if (known_ && !(known_->smallest_eigenvalue > 0)) known_.reset();
}

Index Approach::spent() const {
  const Cost& cost = steps_.record.cost;
  return cost.gradients + cost.hessian_vector_products;
}
bool Approach::has_budget() const { return spent() - spent_before_ < most_; }

void Approach::look(const Vector& at) {
  if (gradient_ && gradient_at_ == at) return;
  steps_.record.cost.gradients += 1;
  gradient_ = checked_gradient(steps_.problem(), at, steps_.theta());
  gradient_at_ = at;
}

const Vector& Approach::gradient() {
  look(x());
  return *gradient_;
}

// ‖M‖ where it was last measured, and what x may have changed since.
MixedNorm Approach::mixed_at(const Vector& at) {
  constexpr double little = 0.1;
  if (mixed_ && known_) {
    const double change = (at - mixed_at_).stableNorm() * *known_->mixed_lipschitz;
    if (change <= little * mixed_->value) return {mixed_->value + change, mixed_->is_exact};
  }
  mixed_ = mixed_norm(steps_.problem(), at, steps_.theta(), few_probes, steps_.record.cost);
  mixed_at_ = at;
  return *mixed_;
}

// Whether a solver that declares no equation rests where ∇f vanishes is seen near there only: the gradient
// has to fall for it, even where the derivative is the same everywhere.
double Approach::expected_share(const Vector& at) {
  const double drift = expected_drift(at);
  const bool is_asked = steps_.equation() == Equation::automatic && *first_gradient_ > 0;
  return is_asked ? std::max(drift, gradient_->stableNorm() / *first_gradient_) : drift;
}

// e (Lip M/‖M‖ + Lip H/ℓ), e = ‖∇f‖/ℓ, which is the drift if ‖Mᵀλ‖ is about ‖M‖‖λ‖; without constants, how
// far the gradient has fallen. Once it was measured, that, in proportion to the gradient.
double Approach::expected_drift(const Vector& at) {
  look(at);
  const double g = gradient_->stableNorm();
  if (!first_gradient_) first_gradient_ = g;
  if (g == 0) return 0;
  if (share_per_gradient_) return *share_per_gradient_ * g;
  if (!known_) return 10 * g / *first_gradient_;
  const double l = known_->smallest_eigenvalue, m = mixed_at(at).value, e = g / l;
  double of_hessian = e * *known_->hessian_lipschitz / l;
  if (const auto& r = known_->self_concordance) of_hessian = std::min(of_hessian, relative_change(*r * e));
  if (*known_->mixed_lipschitz == 0) return of_hessian;
  return (m > 0 ? std::min(most_share, e * *known_->mixed_lipschitz / m) : most_share) + of_hessian;
}

void Approach::learn(double share) {
  look(x());
  const double g = gradient_->stableNorm();
  if (g > 0 && share > 0) share_per_gradient_ = std::min(most_share, share) / g;
}

void Approach::start() {
  if (known_)
    steps_.run_until([](const Vector&) { return true; });
  else
    take_steps(1);
  if (steps_.record.status == Status::non_finite) steps_.record.x = steps_.x0();  // they led away
}

// ‖∇f‖ costs as much as a step: it is looked at where the moves of x say that it may be small enough.
void Approach::take_steps(double share) {
  Vector previous = steps_.has_ended() ? x() : steps_.x0();
  double move_then = 0, share_then = 0;  // when it was last looked at
  const Index before = spent();
  steps_.run_until([&](const Vector& now) {
    const double move = (now - std::exchange(previous, now)).stableNorm();
    if (move == 0 || (share_then > share && move * share_then > share * move_then)) return false;
    move_then = move;
    share_then = expected_share(now);
    return share_then <= share;
  });
  spent_before_ += spent() - before;
}

// How far to go along −δ, Hδ ≈ ∇f: all of the way, or as far as ‖∇f‖ falls as it should, where H varies along
// it. Off what is linear by c t² at t, ‖∇f‖ is least at about ‖∇f‖/(2c).
bool Approach::step_along(const ConjugateResiduals& cr) {
  const Vector from = x(), before = *gradient_, image = cr.product().dx;
  const double now = before.stableNorm();
  constexpr int most_trials = 5;
  double t = 1;
  for (int trial = 0; trial < most_trials && has_budget(); ++trial) {
    look(from - t * cr.solution());
    const double off = (*gradient_ - (before - t * image)).stableNorm() / (t * now);  // relative, at t
    if (gradient_->stableNorm() <= (1 - t / 4) * now) {
      steps_.record.x = gradient_at_;
      bend_ = off / (t * now);
      ++moves_;
      return true;
    }
    t *= std::clamp(std::isfinite(off) ? 1 / (2 * off) : 0, 0.05, 0.5);
  }
  return false;
}

void Approach::move(double share) {
  while (has_budget()) {
    const double now_share = expected_share(x()), now = gradient_->stableNorm();
    if (now_share <= share) return;
    // What is left of ∇f is the residual, and what H varied: less than that is wasted.
    constexpr double coarsest = 0.3;
    double wasted = is_quadratic() ? 0 : coarsest;
    if (bend_) wasted = *bend_ * now;
    const double eta = std::min(coarsest, std::max(share / (2 * now_share), wasted));
    const Index taken = steps_.record.steps;
    try {
      ConjugateResiduals cr(steps_.problem(), x(), steps_.theta(), *gradient_, {}, steps_.record.cost);
      products_ += solve(cr, [&] { return cr.residual_norm() <= eta * now; });
      if (step_along(cr)) continue;
    } catch (const NumericalError&) {  // H is not positive definite here: steps may lead to where it is
      if (known_ || taken >= steps_.options().steps) throw;
    }
    if (known_) return;  // there is no other minimiser for steps to lead to: rounding
    if (taken < steps_.options().steps) take_steps(now_share / 4);
    if (steps_.record.steps == taken) return;
  }
}

}  // namespace unroll::detail
