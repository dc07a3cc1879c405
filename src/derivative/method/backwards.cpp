#include "backwards.hpp"

#include <algorithm>
#include <map>

#include "fixed_point.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

Backwards::Backwards(StepsPtr own, const Wanted& wanted, const Reverse& method)
    : Linearisation(std::move(own), wanted), method_(method) {
  gather_for(steps(), method_, wanted.certifies);
}

void gather_for(Steps& steps, const Reverse& method, bool certifies) {
  const bool has_gradient = steps.problem().has_equation();
  if (method.is_corrected()) {
    const Equation asked = method.equation == Equation::automatic ? steps.equation() : method.equation;
    if (asked == Equation::gradient && !has_gradient)
      throw UnsupportedError(
          "Reverse{.corrected}: the problem has no objective, hence no gradients to correct by: take "
          "Equation::fixed_point");
    steps.gather({.gradients = has_gradient && asked != Equation::fixed_point,
                  .states = asked != Equation::gradient,
                  .passes_theta = false});
  } else if (certifies && has_gradient && steps.equation() == Equation::gradient) {
    steps.gather({.gradients = true});  // λ comes along
  }
}

Pullback Backwards::pull(const Seeds& seeds) {
  Matrix w;  // of x_T
  bool is_of_end_alone = true;
  Seeds watched = seeds;
  watched.of = [&](Index t, const Vector& x, bool is_end) {
    SeedBlock block = seeds.of(t, x, is_end);
    if (is_end)
      w = block.w;
    else if (block.w.size() > 0)
      is_of_end_alone = false;
    return block;
  };
  Cotangents c = sweep(watched);
  if (w.size() == 0) w = Matrix::Zero(steps().dimension(), seeds.columns(record().steps));
  return pulled(seeds, w, is_of_end_alone, std::move(c));
}

Matrix Backwards::jacobian() {
  const Matrix w = Matrix::Identity(steps().dimension(), steps().dimension());
  const Seeds seeds = Seeds::of_end(w);
  return pulled(seeds, w, true, sweep(seeds)).theta.transpose();
}

Pullback Backwards::pulled(const Seeds& seeds, const Matrix& w, bool is_of_end_alone, Cotangents c) {
  adjoint_.reset();
  if (!method_.is_corrected()) {
    if (is_of_end_alone && c.gathered.size() > 0 && c.gathered.rows() == w.rows() &&
        !steps().sums_miss_gradients())
      adjoint_ = AdjointEstimate{w, -c.gathered, std::nullopt};
    return finish(std::move(c));
  }
  if (!is_of_end_alone)
    throw UnsupportedError(
        "Reverse{.corrected}: it is the derivative of the solution, which x_T alone stands for; there are "
        "cotangents of earlier iterates: take Reverse{}");
  if (form(c) == Equation::gradient || steps().gathers().states) {
    const Pullback by_what_is_declared = corrected(w, c);
    if (!is_bypassed(w, c)) return by_what_is_declared;
  }
  // Once more: the sums were not those to correct by.
  steps().gather({.states = true, .passes_theta = false});
  forget();
  return corrected(w, sweep(seeds));
}

History Backwards::history(const Selection& selected) {
  const Index n = steps().dimension();
  std::map<Index, Vector> iterates;
  Seeds seeds = Seeds::of_all(selected, n);
  seeds.of = [&, of = seeds.of](Index t, const Vector& x, bool is_end) {
    if (selected(t)) iterates.emplace(t, x);
    return of(t, x, is_end);
  };
  const Cotangents c = sweep(seeds);
  if (method_.is_corrected() && form(c) != Equation::gradient)
    throw UnsupportedError(
        "jacobian_history: of a fixed point each x_t would need a step of its own; take Reverse{} or "
        "Forward{}");
  const Matrix rows = method_.is_corrected() ? Matrix() : Matrix(finish(c).theta.transpose());
  History history;
  Index row = 0;
  for (const auto& [t, x] : iterates) {
    if (method_.is_corrected()) {
      steps().record.cost.hessian_vector_products += n;
      history.dx.push_back(checked_pull(steps().problem(), x, steps().theta(), c.gathered.block(0, row, n, n))
                               .dtheta.transpose());
    } else {
      history.dx.push_back(rows.middleRows(row, n));
    }
    history.t.push_back(t);
    history.x.push_back(x);
    row += n;
  }
  return history;
}

bool Backwards::is_bypassed(const Matrix& w, const Cotangents& c) {
  if (equation_ != Equation::gradient || method_.equation == Equation::gradient || !adjoint_ ||
      !adjoint_->product || !steps().last_move)
    return false;
  constexpr double at_rest = 1e-6, little = 0.01;
  return (!c.theta.isZero(0) || !c.prepared.isZero(0)) &&
         *steps().last_move <= at_rest * std::max(1.0, record().x.stableNorm()) &&
         (w - adjoint_->product->dx).stableNorm() > little * w.stableNorm();
}

Equation Backwards::form(const Cotangents& c) {
  if (!steps().gathers().gradients) return Equation::fixed_point;
  if (steps().sums_miss_gradients()) {
    if (method_.equation == Equation::gradient)
      throw UnsupportedError(
          "Reverse{.corrected, .equation = Equation::gradient}: a step asks for gradients of f at parameters "
          "that are not its argument theta, a copy or what it carries in its state, so that their cotangents "
          "do not sum to the adjoint: ask f.gradient(x, theta), or take Equation::fixed_point");
    return Equation::fixed_point;
  }
  if (method_.equation != Equation::automatic) return method_.equation;
  if (steps().equation() != Equation::automatic) return steps().equation();
  const bool by_gradients_alone = c.theta.isZero(0) && c.prepared.isZero(0);
  return by_gradients_alone ? Equation::gradient : Equation::fixed_point;
}

Pullback Backwards::corrected(const Matrix& w, const Cotangents& c) {
  equation_ = form(c);
  steps().record.corrected_by = equation_;
  if (c.gathered.size() == 0)  // no step, or nothing to pull back
    return {Matrix::Zero(steps().parameters(), w.cols()), Matrix::Zero(w.rows(), w.cols())};
  const Index of_gradients = steps().gathers().gradients ? steps().dimension() : 0;
  return equation_ == Equation::gradient
             ? corrected_by_gradient(w, c.gathered.topRows(of_gradients))
             : corrected_by_fixed_point(w, c.gathered.bottomRows(c.gathered.rows() - of_gradients));
}

Pullback Backwards::corrected_by_gradient(const Matrix& w, const Matrix& gathered) {
  steps().record.cost.hessian_vector_products += w.cols();
  adjoint_ = AdjointEstimate{w, -gathered, std::nullopt};
  adjoint_->product = checked_pull(steps().problem(), record().x, steps().theta(), adjoint_->lambda);
  return {-adjoint_->product->dtheta, Matrix::Zero(w.rows(), w.cols())};
}

Pullback Backwards::corrected_by_fixed_point(const Matrix& w, const Matrix& gathered) {
  const FixedPoint point(steps());
  adjoint_ = AdjointEstimate{w, point.of(gathered), std::nullopt};
  const Pullback pulled{point.pull_to_theta(adjoint_->lambda), Matrix::Zero(w.rows(), w.cols())};
  const bool may_differ = steps().has_frozen_step() && !gathers_at_end();
  const auto as_taken = may_differ ? pulled_as_taken(gathered) : std::nullopt;
  constexpr double little = 0.01;
  if (!as_taken || (*as_taken - pulled.theta).stableNorm() <= little * as_taken->stableNorm()) return pulled;
  adjoint_.reset();  // it is no estimate for the step that a certificate looks at
  return {*as_taken, pulled.start};
}

std::optional<Matrix> Backwards::pulled_as_taken(const Matrix& gathered) {
  try {
    const auto as_taken = steps().as_taken();
    const FixedPoint point(steps());
    const Matrix theta = point.pull_to_theta(point.of(gathered));
    return theta.allFinite() ? std::optional(theta) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace unroll::detail
