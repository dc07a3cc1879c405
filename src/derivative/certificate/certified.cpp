#include "unroll/derivative/certified.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "approach.hpp"
#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using detail::AdjointBound;
using detail::ConjugateResiduals;
using detail::norm;

class CertifiedSolution final : public Linearisation {
 public:
  CertifiedSolution(detail::StepsPtr own, const Wanted& wanted, const Certified& method)
      : Linearisation(std::move(own), wanted),
        share_(method.accuracy / (1 + method.accuracy)),
        is_fine_(method.accuracy < 1e-6),
        adjoint_before_(method.adjoint),
        approach_(steps(), method.max_products > 0 ? method.max_products : 1000 + 100 * steps().dimension()) {
  }

  Pullback pull(const detail::Seeds& seeds) override {
    if (seeds.wants)
      throw UnsupportedError(
          "vjp: Certified{} has the derivative of the solution alone, of a cotangent w, or of w as a "
          "function of x; "
          "there are cotangents of iterates x_t: take Reverse{}");
    Matrix lambda;
    Vector asked_at;
    double drift_before = 0;  // that of the attempt before, where it is measured
    const Matrix pulled = reach([&] {
      const Matrix w = end_cotangents(seeds, "Certified");
      asked_at = x();
      if (lambda.size() == 0 && adjoint_before_.size() == w.rows() && w.cols() == 1) lambda = adjoint_before_;
      AdjointBound bound(problem(), x(), theta(), approach_.gradient(), approach_.mixed(), cost(),
                         {.accuracy = share_});
      if (seeds.outer) bound.belongs_to(seeds.outer(x(), w.col(0)));
      const std::optional<double>& b = bound.point().jacobian_norm;
      ConjugateResiduals cr(problem(), x(), theta(), w, lambda, cost());
      products_ += approach_.solve(cr, [&] {
        const double d = norm(bound.total(-cr.product().dtheta));
        const double drift = approach_.known() ? bound.drift(cr.solution(), cr.product()) : drift_before;
        if (!b) return cr.residual_norm() <= share_ * norm(w) / 4;
        return *b * cr.residual_norm() <= std::max(share_ * d - drift, share_ * d / 4);
      });
      if (is_fine_ && cr.steps() > 0) cr.refresh();  // what is summed is off by rounding
      lambda = cr.solution();
      Attempt attempt{-cr.product().dtheta, {}, AdjointEstimate{w, lambda, cr.product()}};
      attempt.certificate = bound.of(w, lambda, cr.product(), attempt.found);
      if (attempt.certificate.drift) attempt.drift = drift_before = *attempt.certificate.drift;
      return attempt;
    });
    if (asked_at != x()) end_cotangents(seeds, "Certified");  // the last asked is the one returned
    return {pulled, Matrix::Zero(steps().dimension(), pulled.cols())};
  }
  Equation equation() override { return Equation::gradient; }
  const Certificate* certificate() override { return certificate_ ? &*certificate_ : nullptr; }

 private:
  Matrix push_checked(const Matrix& theta_dot) override {
    const double tangent_norm = theta_dot.isIdentity(0) ? 1 : norm(theta_dot);
    const Index k = theta_dot.cols();
    Matrix solution;
    return reach([&] {
      cost().hessian_vector_products += k;
      const Matrix b = -checked_push(problem(), x(), theta(), Matrix::Zero(x().size(), k), theta_dot);
      ConjugateResiduals cr(problem(), x(), theta(), b, solution, cost());
      const std::optional<Curvature>& known = approach_.known();
      const double distance = known ? approach_.gradient().stableNorm() / known->smallest_eigenvalue : 0;
      products_ += approach_.solve(cr, [&] {
        const double j = norm(cr.solution()), l = known ? known->smallest_eigenvalue : 1;
        const double drift =
            known ? distance * (*known->mixed_lipschitz * tangent_norm + *known->hessian_lipschitz * j) : 0;
        const double allowed = known ? share_ * j * l : share_ * norm(b) / 4;
        return cr.residual_norm() <= std::max(allowed - drift, allowed / 4);
      });
      solution = cr.solution();
      Attempt attempt{solution, detail::certify_along(problem(), x(), theta(), solution, theta_dot,
                                                      tangent_norm, 0, cost(), {.accuracy = share_})};
      const Certificate& c = attempt.certificate;
      if (c.drift && c.smallest_eigenvalue) attempt.drift = *c.drift / *c.smallest_eigenvalue;
      return attempt;
    });
  }

  // A derivative at x, what is known of it, and what of its bound is the drift.
  struct Attempt {
    Matrix found;
    Certificate certificate;
    std::optional<AdjointEstimate> adjoint{};
    double drift = 0;
  };

  // Moves x and attempts, in turn, until an attempt is good or nothing helps. The best.
  template <class Try>
  Matrix reach(const Try& attempt_here) {
    record();
    approach_.renew();
    certificate_.reset();
    Matrix best;
    Vector best_x;
    double allowance = share_ / 2;  // of the drift
    bool reached = false;
    for (int idle = 0; !reached && idle < 6;) {
      approach_.move(allowance);
      const Attempt attempt = attempt_here();
      const Certificate& c = attempt.certificate;
      const bool is_first = best_x.size() == 0,
                 improves = c.bound &&
                            (!certificate_ || !certificate_->bound || *c.bound < 0.9 * *certificate_->bound);
      idle = improves ? 0 : idle + 1;
      if (is_first || improves) {
        best = attempt.found;
        best_x = x();
        adjoint_ = attempt.adjoint;
        certificate_ = c;
      }
      reached = certificate_->verdict == Verdict::good;
      if (!c.bound || !approach_.has_budget()) break;
      if (!reached) approach_.learn(attempt.drift / c.norm);
      allowance *= 0.7;
    }
    if (reached) check_rests(best_x);
    RunRecord& run = steps().record;
    run.x = best_x;
    if (certificate_->residual && !std::isfinite(*certificate_->residual))
      run.status = Status::non_finite_derivative;
    else if (reached)
      run.status = Status::converged;
    else if (run.status == Status::converged)
      run.status = Status::step_limit;
    run.path =
        fmt::format("{} steps, x moved {} times by {} products, {} products for the derivative: {}",
                    run.steps, approach_.moves(), approach_.products(), products_,
                    reached ? "the accuracy is reached"
                    : !certificate_->bound
                        ? "no bound, as the smallest eigenvalue, or how the cotangent varies, is not known"
                    : approach_.has_budget()
                        ? "the accuracy is not reached, neither x nor the derivative improve any more"
                        : "the accuracy is not reached with the products allowed");
    return best;
  }

  // Of a solver that declares no equation: whether its first steps from where ∇f vanishes stay there. (What
  // else the state has, a multiplier say, moves x a step after it has moved.)
  // @throws UnsupportedError if it solves another.
  void check_rests(const Vector& found) {
    if (steps().equation() != Equation::automatic || steps().options().steps == 0) return;
    const Certificate& c = *certificate_;
    const double distance = c.distance ? *c.distance
                            : c.smallest_eigenvalue && c.gradient_norm
                                ? *c.gradient_norm / *c.smallest_eigenvalue
                                : 0;
    constexpr Index first_steps = 4;
    constexpr double of_distance = 10 * first_steps, rounding = 1e-9;
    double moved = 0;
    try {
      steps().run_from(found, theta(), first_steps,
                       [&](Index, const Vector& x) { moved = std::max(moved, detail::distance(x, found)); });
    } catch (const NumericalError&) {  // a step along g/‖g‖, say, is none where g is 0
      return;
    }
    if (moved > of_distance * distance + rounding * std::max(1.0, found.stableNorm()))
      throw UnsupportedError(fmt::format(
          "Certified: the gradient of f vanishes at x, and steps of the solver from there move it "
          "by {:.3g}: it solves another equation, of which this is no derivative; take Implicit{{}} "
          "or Reverse{{}} (if it is the gradient's all the same, declare that by `static constexpr "
          "Equation equation = Equation::gradient`)",
          moved));
  }

  void take_run() override { approach_.start(); }

  const Problem& problem() { return steps().problem(); }
  const Vector& theta() { return steps().theta(); }
  const Vector& x() { return steps().record.x; }
  Cost& cost() { return steps().record.cost; }

  double
      share_;  // of the norm of what was found, for its bound: ε/(1 + ε) of it is at most ε of the true one
  bool is_fine_;
  Vector adjoint_before_;
  detail::Approach approach_;
  std::optional<Certificate> certificate_;
  Index products_ = 0;
};

}  // namespace

void Certified::check() const {
  constexpr double least = 1e-14;
  if (!(accuracy >= least) || !(accuracy < 1))
    throw DomainError(fmt::format(
        "Certified: accuracy is {}, must be at least {}, which is what doubles can give, and below 1",
        accuracy, least));
  if (max_products < 0)
    throw DomainError(fmt::format("Certified: max_products is {}, must be at least 0", max_products));
}

std::unique_ptr<Linearisation> Certified::linearise(detail::StepsPtr steps, const Wanted& wanted) const {
  check();
  if (adjoint.size() != 0 && adjoint.size() != steps->dimension())
    throw ShapeError(fmt::format("Certified: adjoint has {} entries, the problem has {} variables",
                                 adjoint.size(), steps->dimension()));
  if (!adjoint.allFinite()) throw DomainError("Certified: adjoint has entries that are not finite");
  if (!steps->problem().has_objective())
    throw UnsupportedError(
        "Certified: a root, or a map of one's own, has no positive definite H to work with: take Implicit{}, "
        "or "
        "Reverse{}, whose certificates bound what they give");
  if (steps->equation() == Equation::fixed_point)
    throw UnsupportedError(
        "Certified: the solver declares a fixed point, whose bounds are estimates, and no proof to stop by: "
        "take "
        "Implicit{}, or Reverse{}, whose certificates estimate");
  return std::make_unique<CertifiedSolution>(std::move(steps), wanted, *this);
}

}  // namespace unroll
