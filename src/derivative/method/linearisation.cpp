#include "unroll/derivative/linearisation.hpp"

#include <fmt/format.h>

#include "derivative/run/steps.hpp"
#include "unroll/error.hpp"

namespace unroll {

using detail::SeedBlock;
using detail::Seeds;

void Linearisation::take_run() { steps_->run(); }

const RunRecord& Linearisation::record() {
  if (!steps_->has_ended()) take_run();
  return steps_->record;
}

Matrix Linearisation::jacobian() {
  return steps_->parameters() <= steps_->dimension() ? jacobian_by_push() : jacobian_by_pull();
}

Matrix Linearisation::jacobian_by_pull() {
  const Index n = steps_->dimension();
  return pull(Seeds::of_end(Matrix::Identity(n, n))).theta.transpose();
}

Matrix Linearisation::jacobian_by_push() {
  return push_checked(Matrix::Identity(steps_->parameters(), steps_->parameters()));
}

Matrix Linearisation::push(const Matrix& theta_dot) {
  if (theta_dot.rows() != steps_->parameters())
    throw ShapeError(fmt::format("push: the tangents are {}x{}, they must have {} rows", theta_dot.rows(),
                                 theta_dot.cols(), steps_->parameters()));
  return push_checked(theta_dot);
}

Pullback Linearisation::pull(const Matrix& w) {
  if (w.rows() != steps_->dimension())
    throw ShapeError(fmt::format("pull: the cotangents are {}x{}, they must have {} rows", w.rows(), w.cols(),
                                 steps_->dimension()));
  return pull(Seeds::of_end(w));
}

History Linearisation::history(const detail::Selection&) {
  throw UnsupportedError(
      "jacobian_history: the method differentiates the end of a run alone; take Forward{}, Reverse{} or "
      "FiniteDifference{}");
}

Matrix Linearisation::push_by_jacobian(const Matrix& theta_dot) {
  const Matrix dx = jacobian();
  if (dx.allFinite()) return dx * theta_dot;
  Matrix pushed = Matrix::Zero(dx.rows(), theta_dot.cols());
  for (Index k = 0; k < theta_dot.cols(); ++k)
    for (Index j = 0; j < theta_dot.rows(); ++j)
      if (theta_dot(j, k) != 0) pushed.col(k) += dx.col(j) * theta_dot(j, k);
  return pushed;
}

Pullback Linearisation::finish(detail::Cotangents start) {
  Matrix theta = steps_->pull_to_theta(start);
  return {std::move(theta), std::move(start.state)};
}

Matrix Linearisation::end_cotangents(const Seeds& seeds, const char* method) {
  const RunRecord& run = record();
  seeds.check_end(run.steps);
  if (seeds.wants)
    for (Index t = 0; t < run.steps; ++t)
      if (seeds.wants(t))
        throw UnsupportedError(fmt::format(
            "vjp: {} knows the derivative of x_{} alone, there is a cotangent of x_{}; take Reverse{{}}",
            method, run.steps, t));
  SeedBlock end = seeds.of(run.steps, run.x, true);
  return end.w.size() > 0 ? std::move(end.w) : Matrix(Matrix::Zero(run.x.size(), seeds.columns(run.steps)));
}

}  // namespace unroll
