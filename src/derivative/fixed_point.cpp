#include "fixed_point.hpp"

#include <algorithm>
#include <memory>

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
  const Cotangents any = swept(Vector::LinSpaced(size(), 1, 2));
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
  const Matrix moved = push(uneven(size()), Matrix());
  std::vector<Index> rows;
  for (Index row = 0; row < size(); ++row)
    if (moved(row, 0) != 0) rows.push_back(row);
  if (static_cast<Index>(rows.size()) == size()) return std::nullopt;
  return rows;
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
