#include "certify_run.hpp"

#include <algorithm>

#include "adjoint_bound.hpp"
#include "certify_fixed_point.hpp"
#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

/// An estimate of L from below: ‖Hv‖ for the gradient's direction and one other.
double largest_curvature(Steps& steps, const Vector& gradient) {
  const Index n = steps.dimension();
  Matrix directions(n, 2);
  directions << gradient.stableNormalized(), Vector::LinSpaced(n, 1, 2).normalized();
  steps.record.cost.hessian_vector_products += 2;
  const Matrix image = checked_push(steps.problem(), steps.record.x, steps.theta(), directions,
                                    Matrix::Zero(steps.parameters(), 2));
  return std::max(image.col(0).stableNorm(), image.col(1).stableNorm());
}

/// Gradients and products, or steps, if those ask for none.
double work(const Steps& steps) {
  const Cost& cost = steps.record.cost;
  return static_cast<double>(std::max(cost.gradients + cost.hessian_vector_products, steps.record.steps));
}

constexpr double affordable_share = 0.1;

/// Products for what is not known of the curvature: of a root, by JᵀJ.
Index price_of_estimates(const Steps& steps) {
  const Index products = std::min(steps.dimension(), products_of_estimates);
  return steps.problem().has_objective() ? products : 2 * products + 1;
}

bool is_affordable(const Steps& steps, Index price, Certify certify) {
  return certify == Certify::always || static_cast<double>(price) <= affordable_share * work(steps);
}

/// With how many products a bound is made sharper that costs `price` without, of a derivative of k columns
/// (see certify_along): as many as its share allows, or none.
Index affordable_refinement(const Steps& steps, Index price, Index k, Certify certify) {
  for (const Index products : {most_refining_products, 2 * refining_products, refining_products})
    if (is_affordable(steps, price + price_of_nearer(products) + (products + 3) * k, certify))
      return products;
  return 0;
}

/// Whether x_T stays under the 15 steps before the last, too, taken from there: in turn another may move it.
bool stays(Steps& steps, double tolerance) {
  const Index last = steps.record.steps - 1;
  bool stays = last >= steps_in_turn;
  steps.to_end();
  for (Index i = 1; stays && i <= steps_in_turn; ++i) {
    steps.step_on(last - i);
    stays = distance(steps.x(), steps.record.x) <= tolerance * std::max(1.0, steps.record.x.stableNorm());
  }
  steps.to_end();
  return stays;
}

/// Whether the steps have come to rest where ∇f does not vanish. A solver that declares the gradient's
/// equation is believed until its steps are rounding: L may be far more than what is seen of it.
bool solves_another(Steps& steps, const Certificate& c) {
  const std::optional<double>& gradient_norm = c.gradient_norm;
  if (!gradient_norm || !steps.last_move) return false;
  constexpr double rounding = 1e-12;
  if (steps.equation() == Equation::gradient &&
      !(c.smallest_eigenvalue && *steps.last_move * *c.smallest_eigenvalue < rounding * *gradient_norm &&
        *steps.last_move <= rounding * std::max(1.0, steps.record.x.stableNorm()) && stays(steps, rounding)))
    return false;
  steps.record.cost.gradients += 1;
  const Vector gradient = checked_gradient(steps.problem(), steps.record.x, steps.theta());
  return rests_elsewhere(steps, *gradient_norm, largest_curvature(steps, gradient));
}

/// Whether the gradient's equation is the one to look at.
bool is_of_gradient(Linearisation& run) {
  if (run.equation() == Equation::gradient) return true;
  return run.steps().problem().has_equation() && run.steps().equation() != Equation::fixed_point;
}

/// Whether ∇f has fallen far enough for x to be on its way to where it vanishes, or x is there. Where neither
/// solver nor method declares an equation nothing else says so before x rests.
bool has_fallen(Linearisation& run, const Certificate& c) {
  Steps& steps = run.steps();
  // (A correction takes the gradient's equation where nobody says which it is.)
  const bool is_named =
      run.equation() == Equation::gradient && steps.record.corrected_by == Equation::automatic;
  if (is_named || steps.equation() == Equation::gradient || !c.gradient_norm) return true;
  constexpr double far = 1e-3, there = 1e-6;
  const double l = c.smallest_eigenvalue.value_or(0), size = steps.record.x.stableNorm();
  if (*c.gradient_norm <= there * l * size) return true;
  steps.record.cost.gradients += 1;
  return *c.gradient_norm <= far * checked_gradient(steps.problem(), steps.x0(), steps.theta()).stableNorm();
}

/// What the fixed point's equation says where the gradient's may be another.
Certificate undeclared(Certificate c) {
  if (c.verdict == Verdict::unknown && !c.bound && !c.is_skipped)
    c.missing =
        "as the gradient has not yet fallen to 1e-3 of what it was, and the solver declares no `equation`";
  return c;
}

Certificate skipped(double norm) { return {.norm = norm, .is_skipped = true}; }

/// The cotangent of x_T, where there is no other; else empty.
Matrix end_cotangent(const Steps& steps, const Seeds& seeds) {
  return seeds.wants ? Matrix() : seeds.of(steps.record.steps, steps.record.x, true).w;
}

/// By the equation of a fixed point: a bound where λ's counterpart is known, or nothing is spared.
Certificate pulled_by_fixed_point(Linearisation& run, const Vector& pulled, const Seeds& seeds,
                                  Certify certify) {
  Steps& steps = run.steps();
  const bool knows = run.adjoint() && run.equation() == Equation::fixed_point;
  const bool follows = seeds.outer && steps.contraction(1).has_value();
  const Index price = fixed_point_products + products_beside +
                      (follows ? terms_of_outer * (1 + directions_in_theta(steps.parameters())) : 0);
  const bool bounded = knows ? is_affordable(steps, price, certify) : certify == Certify::always;
  return certify_fixed_point(run, bounded && !knows ? end_cotangent(steps, seeds) : Matrix(), pulled, seeds,
                             bounded);
}

/// Of x_T alone: there is no derivative to put into the equation, so that only ‖∇f(x)‖ is measured.
Certificate certify_end(Linearisation& run, Certify certify) {
  Steps& steps = run.steps();
  steps.record.cost.gradients += 1;
  const Vector gradient = checked_gradient(steps.problem(), steps.record.x, steps.theta());
  Certificate c{.equation = Equation::gradient, .gradient_norm = gradient.stableNorm()};
  if (is_affordable(steps, 4, certify) && solves_another(steps, c)) c.verdict = Verdict::other_equation;
  return c;
}

}  // namespace

Certificate certify_pushed(Linearisation& run, const Matrix& pushed, const Vector* tangent, Certify certify) {
  run.record();
  if (certify == Certify::never) return skipped(norm(pushed));
  if (run.certificate() != nullptr) return *run.certificate();
  Steps& steps = run.steps();
  const Index k = pushed.cols();
  const auto tangents = [&] {
    return tangent != nullptr ? Matrix(*tangent) : Matrix(Matrix::Identity(k, k));
  };
  const auto by_fixed_point = [&] {
    if (!is_affordable(steps, 1 + k, certify)) return skipped(norm(pushed));
    return certify_fixed_point(steps, pushed, tangents(),
                               is_affordable(steps, fixed_point_products * k + products_beside, certify));
  };
  if (!is_of_gradient(run)) return by_fixed_point();
  const bool declares = run.equation() == Equation::gradient || steps.equation() == Equation::gradient;
  const bool is_known = known_curvature(steps.problem(), steps.theta()).has_value();
  const Index price = 1 + k + (is_known ? 0 : price_of_estimates(steps) + k) +
                      (steps.equation() == Equation::gradient ? 0 : 3);
  if (!is_affordable(steps, price, certify)) {
    Certificate c = is_affordable(steps, 1, certify) ? certify_end(run, certify) : Certificate{};
    if (c.verdict == Verdict::other_equation && !declares) return by_fixed_point();
    c.norm = norm(pushed);
    c.is_skipped = true;
    return c;
  }
  Cost& cost = steps.record.cost;
  Certificate c = certify_along(steps.problem(), steps.record.x, steps.theta(), pushed, tangents(),
                                tangent != nullptr ? tangent->stableNorm() : 1,
                                affordable_refinement(steps, price, k, certify), cost, {});
  if (!solves_another(steps, c)) return has_fallen(run, c) ? c : undeclared(by_fixed_point());
  if (!declares) return by_fixed_point();
  c.bound.reset();
  c.verdict = Verdict::other_equation;
  return c;
}

Certificate certify_pulled(Linearisation& run, const Vector& pulled, const Seeds& seeds, Certify certify) {
  run.record();
  if (certify == Certify::never) return skipped(pulled.stableNorm());
  if (run.certificate() != nullptr) return *run.certificate();
  Steps& steps = run.steps();
  const auto with_norm = [&](Certificate c) {
    c.norm = pulled.stableNorm();
    return c;
  };
  if (!is_affordable(steps, 1, certify)) return skipped(pulled.stableNorm());
  const auto by_fixed_point = [&] { return pulled_by_fixed_point(run, pulled, seeds, certify); };
  if (!is_of_gradient(run) || run.equation() == Equation::fixed_point) return by_fixed_point();
  if (!run.adjoint()) {
    Certificate c = with_norm(certify_end(run, certify));
    if (c.verdict == Verdict::other_equation && run.equation() != Equation::gradient) return by_fixed_point();
    c.missing = "as the method has no adjoint: a Jacobian, Implicit{} or Reverse{.corrected} have one";
    return c;
  }
  AdjointEstimate a = *run.adjoint();
  const bool is_known = known_curvature(steps.problem(), steps.theta()).has_value();
  const Index p = steps.parameters(), own = is_known ? 2 : 3 + price_of_estimates(steps);
  const Index probes = is_affordable(steps, own + p, certify) ? p : std::min(p, few_probes);
  if (!is_affordable(steps, own + probes, certify)) {
    Certificate c = with_norm(certify_end(run, certify));
    c.is_skipped = true;
    return c;
  }
  Cost& cost = steps.record.cost;
  if (!a.product) {
    cost.hessian_vector_products += 1;
    a.product = checked_pull(steps.problem(), steps.record.x, steps.theta(), a.lambda);
  }
  const Vector &x = steps.record.x, &theta = steps.theta();
  cost.gradients += 1;
  const Index sharpening = affordable_refinement(steps, own + probes, 1, certify);
  bool sharpens = sharpening > 0;
  const bool refines =
      sharpens || is_affordable(steps, own + probes + price_of_nearer(refining_products), certify);
  const Vector gradient = checked_gradient(steps.problem(), x, theta);
  AdjointBound bound(steps.problem(), x, theta, gradient, mixed_norm(steps.problem(), x, theta, probes, cost),
                     cost);
  if (refines) bound.refine(gradient, std::max(sharpening, refining_products));
  Matrix w_nearer = a.w;  // of a hypergradient ∂_xF at the nearer point
  std::optional<OuterPart> outer_nearer;
  if (seeds.outer) {
    if (sharpens && bound.nearer() != nullptr) {
      try {
        w_nearer = seeds.of(steps.record.steps, *bound.nearer(), true).w;
        outer_nearer = seeds.outer(*bound.nearer(), w_nearer.col(0));
      } catch (const Error&) {  // F is not finite there
        sharpens = false;
      }
      seeds.of(steps.record.steps, x, true);  // the last asked is the one returned
    }
    bound.belongs_to(seeds.outer(x, a.w.col(0)));
  }
  if (solves_another(steps, bound.point())) {
    Certificate c = with_norm(bound.point());
    c.verdict = Verdict::other_equation;
    return c;
  }
  if (!has_fallen(run, bound.point())) return undeclared(by_fixed_point());
  const Certificate c = bound.of(a.w, a.lambda, *a.product, pulled);
  return sharpens ? bound.sharpened(c, w_nearer, outer_nearer, a.lambda, pulled, sharpening) : c;
}

}  // namespace unroll::detail
