#include "certify_fixed_point.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "derivative/method/fixed_point.hpp"
#include "judge.hpp"
#include "map_measures.hpp"
#include "series.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

bool rests_elsewhere(const Steps& steps, double g, double curvature) {
  constexpr double rest = 1e-6, rounding = 1e-8;
  return std::isfinite(g) && steps.record.steps > 0 && steps.last_move &&
         *steps.last_move * curvature < rest * g &&
         g > rounding * curvature * std::max(1.0, steps.record.x.stableNorm());
}

namespace {

/// The ratio of the moves of x, of the step that follows to the last, where they are more than rounding.
double ratio_of_moves(const Steps& steps, const Certificate& c) {
  const bool moves = steps.last_move && *steps.last_move > rounding_of_terms * steps.record.x.stableNorm();
  return moves ? *c.gradient_norm / *steps.last_move : 0;
}
/// Whether what is measured here is that of the rest: the way to go is a hundredth of that from x_0, or less.
bool is_near(const Steps& steps, const Certificate& c, double ratio) {
  const double to_go = ahead(*c.gradient_norm, ratio);
  return to_go <= 0.01 * distance(steps.record.x, steps.x0());
}

/// q ≥ ‖∂_sΦ‖, from what problem and solver say.
std::optional<double> known_contraction(const Steps& steps) {
  const auto curvature = checked_curvature(steps.problem(), steps.theta());
  if (!curvature || !(curvature->smallest_eigenvalue > 0)) return std::nullopt;
  const auto q = steps.contraction(curvature->smallest_eigenvalue);
  return q && *q < 1 ? std::optional(std::max(0.0, *q)) : std::nullopt;
}

/// Where Φ is a map of x alone and ‖∂Φ‖ ≤ q is known: bounds on ‖x_T − x*‖ and ‖∂x*‖, if no term contradicts.
struct WayToRest {
  std::optional<double> left, slope;
};
WayToRest known_way(const Steps& steps, const FixedPoint& point, const Matrix& slopes,
                    std::optional<double> q) {
  if (!q || point.size() != steps.dimension()) return {};
  constexpr auto count = static_cast<std::size_t>(terms_of_outer);
  const auto apply = [&](const Matrix& r) { return point.push(r, Matrix()); };
  const auto bound = [&](const Matrix& r) {
    const Series series(apply, r, q, 0, count);
    return series.known ? std::optional(series.sum) : std::nullopt;
  };
  return {bound(point.moved()), bound(slopes)};
}

/// Of J, or of v, of that `size`: how the way to s* contracts, as it is seen, and by q where that is known;
/// and by how much it may be off there, with what moved in one step and by turns.
struct Outlook {
  double seen, q, error;
};
template <class Apply>
Outlook look_ahead(Certificate& c, const Steps& steps, const Apply& apply, const Series& error,
                   const Matrix& moved, const Turns& turns, double size, std::optional<double> known_q) {
  constexpr double slack = 2;  // their ratio grows towards that of the slowest direction
  const Series drift(apply, moved, known_q, rounding_of_terms * size);
  const double seen = std::max({error.ratio, drift.ratio, ratio_of_moves(steps, c), turns.ratio}),
               q = error.known && drift.known ? *known_q : seen, turned = slack * turns.difference * size;
  c.contraction = q;
  c.drift = ahead(norm(moved) + turned, q);
  const double of_turns =
      turned > 0 ? slack * ahead(*c.residual, q) : 0;  // each step in turn has its part of it
  return {seen, q, error.sum + of_turns + ahead(std::max(drift.sum, ahead(norm(moved), q)) + turned, q)};
}

/// The kinks of Φ within reach, and the verdict if there are any.
void look_for_kinks(Certificate& c, const FixedPoint& point, double reach) {
  c.kinks = point.kinks(reach);
  if (!c.kinks.empty()) c.verdict = Verdict::at_kink;
}

/// The verdict of a bound, where x is near to rest; `seen` is the ratio of what is measured on the way there:
/// of a map that does not contract, as one whose state's parts change places, its residuals bound nothing,
/// nor of one that differs with its number by much.
void conclude(Certificate& c, Steps& steps, const FixedPoint& point, const Turns& turns, double seen,
              double bound, double least) {
  if (c.verdict == Verdict::other_equation) return;
  constexpr double little = 1e-2;
  const bool alike = turns.difference <= little;
  const bool contracts = std::isfinite(bound + *c.gradient_norm) && seen <= 1 - 1e-9;
  if (!alike || !contracts || !is_near(steps, c, seen)) {
    c.missing = !alike ? "as the steps differ with their number: make a whole pass of them one step, or give "
                         "a frozen_step"
                : contracts ? "as x_T is far from rest yet"
                            : "as the steps do not contract at x_T";
    return;
  }
  c.source = ConstantSource::estimated;
  c.bound = bound;
  if (least > rounding_of_terms * c.norm) c.at_least = least;
  c.verdict = judge(c);
  // Smooth maps, too, bend on a long way: how long it is counts where the bound says that they bend little.
  constexpr double beyond = 10;
  const double to_go = c.verdict == Verdict::good ? beyond * ahead(*c.gradient_norm, seen) : 0;
  look_for_kinks(c, point, to_go);
}

Certificate not_all(Certificate c) {  // the bound was left out for its cost
  c.is_skipped = c.verdict != Verdict::other_equation;
  return c;
}

Certificate not_followed(Certificate c) {
  c.missing = "as the step that would follow is refused, or gives x back: what it changes is not known";
  return c;
}

Certificate look(Steps& steps, const FixedPoint& point, const Matrix& derivative) {
  Certificate c;
  c.equation = Equation::fixed_point;
  c.norm = norm(derivative);
  const Vector moved = point.moved();
  c.gradient_norm = moved.segment(point.x(), steps.dimension()).stableNorm();
  // Where x rests and the rest of the state does not, x may see nothing of it, and its derivative much: of a
  // member that changes its sign, say, and enters by its square.
  constexpr double rests = 1e-6;
  if (steps.last_move && *steps.last_move < rests * moved.stableNorm()) {
    const Vector next = point.push(moved, Matrix()).middleRows(point.x(), steps.dimension());
    c.gradient_norm = std::max(*c.gradient_norm, next.stableNorm());
  }
  if (rests_elsewhere(steps, *c.gradient_norm, 1)) c.verdict = Verdict::other_equation;
  return c;
}

/// Where there is no step to look at, or it is singular, nothing is measured.
template <class Measure>
Certificate measured(const Matrix& derivative, const Measure& measure) {
  try {
    return measure();
  } catch (const UnsupportedError&) {
  } catch (const NumericalError&) {
  }
  Certificate c;
  c.equation = Equation::fixed_point;
  c.norm = norm(derivative);
  c.missing = "as the last step's equation is singular, or there is no such step";
  return c;
}

}  // namespace

Certificate certify_fixed_point(Steps& steps, const Matrix& pushed, const Matrix& tangents, bool bounded) {
  return measured(pushed, [&] {
    const FixedPoint point(steps);
    Certificate c = look(steps, point, pushed);
    if (point.size() != steps.dimension()) {
      c.missing = "as of the state's derivative only x's part is at hand: a vjp has one";
      if (bounded && c.verdict != Verdict::other_equation) look_for_kinks(c, point, 0);
      return c;
    }
    const Matrix here = point.push(pushed, tangents), rest = pushed - here;
    c.residual = norm(rest);
    if (!bounded) return not_all(c);
    const auto apply = [&](const Matrix& r) { return point.push(r, Matrix()); };
    const auto known_q = known_contraction(steps);
    const Series error(apply, rest, known_q);
    const double size = norm(pushed);
    const Turns turns = look_at_turns(steps, point, pushed, tangents, here, size);
    Matrix moved = Matrix::Zero(rest.rows(), rest.cols());
    if (const auto there = point.further())
      moved = there->push(pushed, tangents) - here;
    else if (!point.rests())
      return not_followed(c);
    point.stand();
    const Outlook outlook = look_ahead(c, steps, apply, error, moved, turns, size, known_q);
    constexpr double slack = 1.25;  // what is measured grows towards the norm
    conclude(c, steps, point, turns, outlook.seen, outlook.error,
             (*c.residual - *c.drift) / (1 + slack * size_in_state(point)));
    return c;
  });
}

Certificate certify_fixed_point(Linearisation& run, const Matrix& w, const Matrix& pulled, const Seeds& seeds,
                                bool bounded) {
  Steps& steps = run.steps();
  return measured(pulled, [&] {
    const auto map = std::make_shared<const FixedPoint>(steps);
    const FixedPoint& point = *map;
    Certificate c = look(steps, point, pulled);
    const AdjointEstimate* const known = run.equation() == Equation::fixed_point ? run.adjoint() : nullptr;
    if (known == nullptr && (!bounded || w.size() == 0)) return not_all(c);
    const Matrix& cotangent = known != nullptr ? known->w : w;
    const Matrix v = known != nullptr
                         ? known->lambda
                         : fixed_point_equation(map, steps.dimension(), steps.parameters()).adjoint(w, {});
    const auto apply = [&](const Matrix& r) { return point.pull(r); };
    const auto known_q = known_contraction(steps);
    Matrix rest = apply(v) - v;
    rest.middleRows(point.x(), steps.dimension()) += cotangent;
    c.residual = norm(rest);
    if (!bounded) return not_all(c);
    const Series error(apply, rest, known_q);
    Matrix moved = Matrix::Zero(rest.rows(), rest.cols());
    double moved_in_theta = 0;
    const Matrix slopes = slopes_in_theta(point, steps.parameters());
    const WayToRest way = seeds.outer ? known_way(steps, point, slopes, known_q) : WayToRest{};
    const Matrix here = point.pull_to_theta(v);
    const double size = norm(v);
    const Matrix state_dot = signs(point.size(), 1), theta_dot = signs(steps.parameters(), 1);
    const Matrix image = point.push(state_dot, theta_dot);
    const Turns turns = look_at_turns(steps, point, state_dot, theta_dot, image, norm(image));
    if (const auto there = point.further()) {
      moved = there->pull(v) - apply(v);
      // (Not of v alone: of few parameters it may be zero by chance.)
      moved_in_theta = size * norm(slopes_in_theta(*there, steps.parameters()) - slopes);
    } else if (!point.rests()) {
      return not_followed(c);
    }
    point.stand();
    const auto [seen, q, error_of_v] = look_ahead(c, steps, apply, error, moved, turns, size, known_q);
    const double slope = norm(slopes);
    double beside = slope * error_of_v + ahead(moved_in_theta + turns.difference * norm(here), q);
    if (seeds.outer) {  // w, and F's own part, are of x_T
      const OuterPart outer = seeds.outer(steps.record.x, cotangent.col(0));
      constexpr double slack = 2;  // the ratio, too, grows towards that of the slowest direction
      if (const double to_go = way.left.value_or(slack * ahead(*c.gradient_norm, seen)); to_go > 0)
        beside +=
            to_go * (way.slope.value_or(ahead(slope, seen)) * outer.lipschitz_x + outer.lipschitz_theta);
      c.norm = norm(pulled + outer.theta);
    }
    const double gap = norm(pulled - here);
    conclude(c, steps, point, turns, seen, gap + beside, gap - beside);
    return c;
  });
}

}  // namespace unroll::detail
