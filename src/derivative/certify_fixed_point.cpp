#include "certify_fixed_point.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "fixed_point.hpp"
#include "judge.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

bool rests_elsewhere(const Steps& steps, double g, double curvature) {
  constexpr double rest = 1e-6, rounding = 1e-8;
  return steps.record.steps > 0 && steps.last_move && *steps.last_move * curvature < rest * g &&
         g > rounding * curvature * std::max(1.0, steps.record.x.stableNorm());
}

namespace {

constexpr Index terms = 4;  // of a series that are looked at
constexpr double rounding = 1e-13;

/// An estimate of ‖(I − A)⁻¹R‖ ≤ Σ_j ‖A^j R‖: some terms of the series, the rest by the ratio q of the last.
struct Series {
  double sum = 0, ratio = 0;

  template <class Apply>
  Series(const Apply& apply, Matrix r, double negligible = 0) {
    std::vector<double> sizes{norm(r)};
    if (sizes.back() <= negligible) return;
    for (Index j = 0; j < terms && sizes.back() > 0; ++j) {
      sum += sizes.back();
      r = apply(r);
      sizes.push_back(norm(r));
    }
    if (!(sizes.back() > 0)) return;
    ratio = std::pow(sizes.back() / sizes[terms / 2], 2.0 / terms);
    constexpr double slack = 2;  // the ratio grows towards that of the slowest direction
    sum += ratio < 1 ? slack * sizes.back() / (1 - ratio) : std::numeric_limits<double>::infinity();
  }
};

/// ‖∂_θΦ‖_F, by p tangents, or by a few with random signs (Hutchinson).
double size_in_theta(const FixedPoint& point, Index p) {
  constexpr Index few = 4;
  if (p <= few) return norm(point.push(Matrix::Zero(point.size(), p), Matrix::Identity(p, p)));
  std::mt19937_64 random(static_cast<std::uint64_t>(p));
  Matrix directions(p, few);
  for (double& entry : directions.reshaped()) entry = (random() & 1U) != 0 ? 1 : -1;
  return norm(point.push(Matrix::Zero(point.size(), few), directions)) / std::sqrt(static_cast<double>(few));
}

/// ‖∂_sΦ‖_2 from below, by a few products along its largest singular vector.
double size_in_state(const FixedPoint& point) {
  Vector v = Vector::LinSpaced(point.size(), 1, 2).normalized();
  double size = 0;
  for (Index j = 0; j < terms && v.size() > 0; ++j) {
    const Vector image = point.push(v, Matrix());
    size = std::max(size, image.stableNorm());
    v = point.pull(image);
    if (!(v.stableNorm() > 0)) break;
    v = v.stableNormalized();
  }
  return size;
}

/// The step one further on: what derivatives change on the way there, they change by no more than 1/(1 − q)
/// times that on the way to s*. Null where it cannot be taken.
std::unique_ptr<FixedPoint> further(Steps& steps, const FixedPoint& here) {
  auto step = LastStep::after_next(steps);
  if (step == nullptr || step->state.size() != step->segment.state_outputs().size()) return nullptr;
  auto there = std::make_unique<FixedPoint>(steps, std::move(step));
  return there->size() == here.size() ? std::move(there) : nullptr;
}
/// The ratio of the moves of x, of the step that follows to the last, where they are more than rounding.
double ratio_of_moves(const Steps& steps, const Certificate& c) {
  const double least = rounding * steps.record.x.stableNorm();
  return steps.last_move && *steps.last_move > least ? *c.gradient_norm / *steps.last_move : 0;
}
/// change/(1 − q); of what did not change but for rounding, beside its size, there is nothing ahead.
double ahead(double change, double ratio, double size = 0) {
  if (change <= rounding * size || change == 0) return 0;
  return ratio < 1 ? change / (1 - ratio) : std::numeric_limits<double>::infinity();
}
/// Whether x is so near to rest that what is measured here is that of the rest: where the way to go is at
/// most a hundredth of that from x_0.
bool is_near(const Steps& steps, const Certificate& c, double ratio) {
  constexpr double little = 0.01;
  const double to_go = ahead(*c.gradient_norm, ratio, steps.record.x.stableNorm());
  return to_go <= little * distance(steps.record.x, steps.x0());
}

void conclude(Certificate& c, bool is_near, double bound, double least) {
  if (c.verdict == Verdict::other_equation || !is_near || !std::isfinite(bound)) return;
  c.source = ConstantSource::estimated;
  c.bound = bound;
  if (least > 0) c.at_least = least;
  c.verdict = judge(c);
}

Certificate look(Steps& steps, const FixedPoint& point, const Matrix& derivative) {
  Certificate c;
  c.equation = Equation::fixed_point;
  c.norm = norm(derivative);
  c.gradient_norm = (steps.record.x - point.next()).stableNorm();
  if (rests_elsewhere(steps, *c.gradient_norm, 1)) c.verdict = Verdict::other_equation;
  return c;
}

/// Where there is no step to look at nothing is measured.
template <class Measure>
Certificate measured(const Matrix& derivative, const Measure& measure) {
  try {
    return measure();
  } catch (const UnsupportedError&) {
    Certificate c;
    c.equation = Equation::fixed_point;
    c.norm = norm(derivative);
    return c;
  }
}

}  // namespace

Certificate certify_fixed_point(Steps& steps, const Matrix& pushed, const Matrix& tangents, bool bounded) {
  return measured(pushed, [&] {
    const FixedPoint point(steps);
    Certificate c = look(steps, point, pushed);
    if (point.size() != steps.dimension()) return c;
    const Matrix here = point.push(pushed, tangents), rest = pushed - here;
    c.residual = norm(rest);
    if (!bounded) return c;
    const auto apply = [&](const Matrix& r) { return point.push(r, Matrix()); };
    const Series error(apply, rest);
    Matrix moved = Matrix::Zero(rest.rows(), rest.cols());
    if (const auto there = further(steps, point)) moved = there->push(pushed, tangents) - here;
    steps.to_end();
    const double size = norm(pushed);
    const Series drift(apply, moved, rounding * size);
    const double q = std::max({error.ratio, drift.ratio, ratio_of_moves(steps, c)});
    c.contraction = q;
    c.drift = ahead(norm(moved), q, size);
    conclude(c, is_near(steps, c, q), error.sum + ahead(drift.sum, q, size),
             (*c.residual - *c.drift) / (1 + size_in_state(point)));
    return c;
  });
}

Certificate certify_fixed_point(Linearisation& run, const Matrix& w, const Matrix& pulled, const Seeds& seeds,
                                bool bounded) {
  Steps& steps = run.steps();
  return measured(pulled, [&] {
    const FixedPoint point(steps);
    Certificate c = look(steps, point, pulled);
    const AdjointEstimate* const known = run.equation() == Equation::fixed_point ? run.adjoint() : nullptr;
    if (known == nullptr && (!bounded || w.size() == 0)) return c;
    const Matrix& cotangent = known != nullptr ? known->w : w;
    const Matrix v = known != nullptr ? known->lambda : fixed_point_equation(steps).adjoint(w, {});
    const auto apply = [&](const Matrix& r) { return point.pull(r); };
    Matrix rest = apply(v) - v;
    rest.middleRows(point.x(), steps.dimension()) += cotangent;
    c.residual = norm(rest);
    if (!bounded) return c;
    const Series error(apply, rest);
    Matrix moved = Matrix::Zero(rest.rows(), rest.cols());
    double moved_in_theta = 0;
    const Matrix here = point.pull_to_theta(v);
    if (const auto there = further(steps, point)) {
      moved = there->pull(v) - apply(v);
      moved_in_theta = norm(there->pull_to_theta(v) - here);
    }
    const double size = norm(v);
    const Series drift(apply, moved, rounding * size);
    const double q = std::max({error.ratio, drift.ratio, ratio_of_moves(steps, c)}),
                 slope = size_in_theta(point, steps.parameters());
    c.contraction = q;
    c.drift = ahead(norm(moved), q, size);
    double beside = slope * (error.sum + ahead(drift.sum, q, size)) + ahead(moved_in_theta, q, norm(here));
    if (seeds.outer) {  // w, and F's own part, are of x_T
      const OuterPart outer = seeds.outer(steps.record.x, cotangent.col(0));
      constexpr double slack = 2;  // q, too, grows towards that of the slowest direction
      if (const double to_go = slack * ahead(*c.gradient_norm, q); to_go > 0)
        beside += ahead(slope * to_go * outer.lipschitz_x, q) + to_go * outer.lipschitz_theta;
      c.norm = norm(pulled + outer.theta);
    }
    const double gap = norm(pulled - here);
    conclude(c, is_near(steps, c, q), gap + beside, gap - beside);
    return c;
  });
}

}  // namespace unroll::detail
