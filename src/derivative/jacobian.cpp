#include "unroll/derivative/jacobian.hpp"

#include <algorithm>

#include "derivative/certificate/certify_run.hpp"
#include "derivative/run/steps.hpp"

namespace unroll::detail {

namespace {

/// The record of a run whose products have been taken; it says whether they are finite.
const RunRecord& concluded(Linearisation& run, bool is_finite) {
  if (!is_finite) note_non_finite_derivative(run.steps());
  return run.record();
}

}  // namespace

Derivative jacobian(StepsPtr steps, const Method& method) {
  const Index n = steps->dimension();
  const auto run = method.linearise(std::move(steps), {.columns = n, .start = false});
  Derivative d;
  d.dx = run->jacobian();
  d.certificate = certify_pushed(*run, d.dx, nullptr, method.certify());
  static_cast<RunRecord&>(d) = concluded(*run, d.dx.allFinite());
  return d;
}

Vjp vjp(StepsPtr steps, const Cotangent& cotangent, const Method& method, bool with_start) {
  const Seeds seeds = cotangent.seeds(steps->dimension(), steps->options().steps);
  const auto run = method.linearise(
      std::move(steps), {.columns = 1, .start = with_start, .certifies = method.certify() != Certify::never});
  const Pullback back = run->pull(seeds);
  Vjp v;
  v.dtheta = back.theta.col(0);
  if (back.start.cols() > 0) v.dx0 = back.start.col(0);
  if (const AdjointEstimate* a = run->adjoint(); a != nullptr && a->lambda.cols() == 1) v.adjoint = a->lambda;
  v.certificate = certify_pulled(*run, v.dtheta, seeds, method.certify());
  static_cast<RunRecord&>(v) = concluded(*run, v.dtheta.allFinite() && v.dx0.allFinite());
  return v;
}

Jvp jvp(StepsPtr steps, const Vector& tangent, const Method& method) {
  check_product("jvp", "tangent", tangent, steps->parameters());
  const Index n = steps->dimension();
  const auto run = method.linearise(std::move(steps), {.columns = n, .start = false});
  Jvp j;
  j.dx = run->push(tangent).col(0);
  j.certificate = certify_pushed(*run, j.dx, &tangent, method.certify());
  static_cast<RunRecord&>(j) = concluded(*run, j.dx.allFinite());
  return j;
}

History jacobian_history(StepsPtr steps, const std::vector<Index>& at, const Method& method) {
  const Selection selected(at);
  const Index n = steps->dimension();
  const auto run = method.linearise(std::move(steps), {.columns = n, .start = false});
  History history = run->history(selected);
  const RunRecord& record = concluded(*run, std::all_of(history.dx.begin(), history.dx.end(),
                                                        [](const Matrix& dx) { return dx.allFinite(); }));
  history.steps = record.steps;
  history.status = record.status;
  history.cost = record.cost;
  history.origin = record.origin;
  return history;
}

}  // namespace unroll::detail
