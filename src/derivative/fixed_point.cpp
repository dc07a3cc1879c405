#include "fixed_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "unroll/error.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll::detail {

FixedPoint::FixedPoint(Steps& steps, std::unique_ptr<LastStep> step)
    : steps_(steps), step_(std::move(step)), carried_(step_->segment.carried()) {
  check_state_stays(step_->segment);
  const Index rows = step_->segment.state_inputs().size();
  std::vector<bool> is_carried(static_cast<std::size_t>(rows), false);
  for (const auto& [begin, count] : carried_) std::fill_n(is_carried.begin() + begin, count, true);
  for (Index row = 0; row < rows; ++row)
    if (!is_carried[static_cast<std::size_t>(row)]) made_.push_back(row);
  // What the step carries need not matter to it: the last iterate of a momentum that a frozen step leaves
  // out.
  const Cotangents any = swept(weights());
  pulled_ = any.state(made_, 0);
  for (const auto& range : carried_)
    if (!any.state.middleRows(range.begin, range.count).isZero(0)) relevant_.push_back(range);
}

Index FixedPoint::x() const {
  return std::lower_bound(made_.begin(), made_.end(), step_->segment.x_row()) - made_.begin();
}

Matrix FixedPoint::push(const Matrix& state_dot, const Matrix& theta_dot) const {
  Matrix all = theta_dot.size() > 0 ? push_carried(steps_, relevant_, theta_dot, step_->state, step_->from)
                                    : Matrix(Matrix::Zero(step_->state.size(), state_dot.cols()));
  all(made_, Eigen::all) = state_dot;
  return steps_.push_last_step(step_->t, all, theta_dot)(made_, Eigen::all);
}

std::optional<std::vector<Index>> FixedPoint::active() const {
  // Any tangent will do: exact zeros are of rows that are zero.
  const Vector v = uneven(size()), moved = push(v, Matrix()), w = weights();
  constexpr double tolerance = 1e-6, negligible = 1e-4;  // beside v and w: of Newton's steps J is rounding
  const double contradiction = std::abs(w.dot(moved) - pulled_.dot(v)),
               terms = w.dot(moved.cwiseAbs()) + pulled_.cwiseAbs().dot(v);
  if (contradiction > tolerance * std::max(terms, negligible * w.dot(v)))
    throw UnsupportedError(
        fmt::format("the last step, taken again, has another derivative: w^T (J v) and (J^T w)^T v differ by "
                    "{:.2g} of their "
                    "terms; a step must be a function of state, theta and t alone (see check_solver), and "
                    "the pullback of a "
                    "primitive the transpose of what it pushes (see check_primitive)",
                    contradiction / terms));
  std::vector<Index> rows;
  for (Index row = 0; row < size(); ++row)
    if (moved[row] != 0) rows.push_back(row);
  if (static_cast<Index>(rows.size()) == size()) return std::nullopt;
  return rows;
}

std::vector<Index> FixedPoint::kinks(double reach) const {
  const Vector& s = step_->state;
  const Index p = steps_.parameters();
  const Vector tangent = uneven(s.size()), theta_dot = uneven(p);
  // Displacements of no structure, of either sign: what a kink depends on does not cancel in them.
  const auto signs = [](Index n) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n));
    return Vector(uneven(n).unaryExpr([&](double v) { return (random() & 1U) != 0 ? v : -v; }));
  };
  Vector by = Vector::Zero(s.size());
  by(made_) = reach * std::max(1.0, s.size() > 0 ? s.cwiseAbs().maxCoeff() : 0.0) * signs(size());
  const Vector theta_by = p > 0 ? Vector(reach * size_of(steps_.theta()) * signs(p)) : Vector();
  const auto beside = [&](const Vector& state_by, const Vector& of_theta) {
    return steps_.push_last_step_beside(step_->t, tangent, theta_dot, state_by, of_theta);
  };
  const auto differing = [&](const Vector& of_theta) {
    const Matrix here = beside(by, of_theta), there = beside(-by, -of_theta);
    constexpr double much = 0.1, rounding = 1e-6;
    std::vector<Index> rows;
    for (const Index row : made_) {
      const double a = here(row, 0), b = there(row, 0);
      if (std::abs(a - b) > std::max(rounding, much * std::max(std::abs(a), std::abs(b))))
        rows.push_back(row);
    }
    return rows;
  };
  for (const Vector& of_theta : {theta_by, Vector(Vector::Zero(p))}) {
    try {
      return differing(of_theta);
    } catch (const Error&) {  // θ, or x, is beyond where f is defined
    }
  }
  return {};
}

Matrix FixedPoint::pull_to_theta(const Matrix& w) const {
  Cotangents c = swept(w);
  const Cotangents start = pull_carried(steps_, relevant_, c.state, step_->state, step_->from);
  c.theta += start.theta;
  c.prepared = sum(c.prepared, start.prepared);
  if (steps_.start().depends_on_theta()) c.theta += steps_.start().pull(steps_.theta(), start.state);
  if (c.prepared.rows() > 0) c.theta += steps_.pull_prepared(c.prepared);
  return c.theta;
}

Cotangents FixedPoint::swept(const Matrix& w) const {
  Cotangents c{.state = Matrix::Zero(step_->segment.state_outputs().size(), w.cols())};
  c.state(made_, Eigen::all) = w;
  step_->segment.sweep(c, {}, w.cols(), 1);
  return c;
}

ImplicitEquation fixed_point_equation(Steps& steps) {
  const auto map = std::make_shared<FixedPoint>(steps);
  const Index size = map->size();
  const auto active = map->active();
  return {
      .matrix = {size, false, "I - dPhi/ds",
                 [map](const Matrix& v) { return Matrix(v - map->push(v, Matrix())); }, std::nullopt, active},
      .transposed = {size, false, "(I - dPhi/ds)^T",
                     [map](const Matrix& w) { return Matrix(w - map->pull(w)); }, std::nullopt, active},
      .advice =
          "; where multipliers are part of the state, constraints that depend on one another leave "
          "them undetermined",
      .parameters = steps.parameters(),
      .x = map->x(),
      .dimension = steps.dimension(),
      .forcing =
          [map, size](const Matrix& theta_dot) {
            return map->push(Matrix::Zero(size, theta_dot.cols()), theta_dot);
          },
      .forcing_transposed = [map](const Matrix& w) { return map->pull_to_theta(w); }};
}

}  // namespace unroll::detail
