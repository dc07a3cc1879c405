#include "fixed_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "unroll/error.hpp"
#include "unroll/solver/stationary.hpp"

namespace unroll::detail {

FixedPoint::FixedPoint(Steps& steps, std::unique_ptr<LastStep> step) : steps_(steps), step_(std::move(step)) {
  check_state_stays(step_->segment);
  auto carried = carried_rows(steps_, step_->segment, {1, step_->t + 1}, step_->t);
  const auto of_x = std::stable_partition(carried.begin(), carried.end(),
                                          [](const Segment::Rows& a) { return !a.place.of_iterate; });
  check_iterate({of_x, carried.end()});
  carried.erase(of_x, carried.end());
  Eigen::Array<bool, Eigen::Dynamic, 1> is_carried =
      Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(step_->segment.state_inputs().size(), false);
  for (const Segment::Rows& a : carried) is_carried.segment(a.begin, a.count) = true;
  for (Index row = 0; row < is_carried.size(); ++row)
    if (!is_carried[row]) made_.push_back(row);
  // What the step carries need not matter to it: the last iterate of a momentum that a frozen step leaves
  // out.
  steps_.record_last_step(step_->t, Steps::Entry::state, of_state_);
  const Cotangents any = swept(of_state_, weights());
  pulled_ = any.state(made_, 0);
  for (const auto& range : carried)
    if (!any.state.middleRows(range.begin, range.count).isZero(0)) relevant_.push_back(range);
}

void FixedPoint::check_iterate(const std::vector<Segment::Rows>& carried) const {
  const auto depend_on_theta = [&] {
    Matrix cotangents = Matrix::Zero(step_->state.size(), 1);
    for (const Segment::Rows& a : carried) cotangents.middleRows(a.begin, a.count) = ad::uneven(a.count);
    try {
      const Cotangents start = pull_carried(steps_, carried, cotangents, step_->state, step_->from);
      return !start.theta.isZero(0) || !start.prepared.isZero(0);
    } catch (const UnsupportedError&) {  // they came to rest by themselves
      return false;
    }
  };
  const bool is_passed =
      std::any_of(carried.begin(), carried.end(), [](const auto& a) { return a.is_passed; });
  if (is_passed || (!carried.empty() && depend_on_theta()))
    throw UnsupportedError(fmt::format(
        "the last step passes on entries {} to {} of the state, part of the iterate, as they are: a step "
        "must "
        "make all that x consists of; keep what the first step makes of theta in a member beside x, or take "
        "Reverse{{}} or Forward{{}}",
        carried.front().begin, carried.front().begin + carried.front().count - 1));
}

Index FixedPoint::x() const {
  return std::lower_bound(made_.begin(), made_.end(), step_->segment.x_row()) - made_.begin();
}

Matrix FixedPoint::push_as(Index t, const Matrix& state_dot, const Matrix& theta_dot) const {
  Matrix all = theta_dot.size() > 0 ? push_carried(steps_, relevant_, theta_dot, step_->state, step_->from)
                                    : Matrix(Matrix::Zero(step_->state.size(), state_dot.cols()));
  all(made_, Eigen::all) = state_dot;
  return steps_.push_last_step(t, all, theta_dot)(made_, Eigen::all);
}

bool FixedPoint::rests() const {
  constexpr double rounding = 1e-13;
  return moved().stableNorm() <= rounding * step_->state.stableNorm();
}

std::unique_ptr<FixedPoint> FixedPoint::further() const {
  auto step = LastStep::after_next(steps_);
  if (step == nullptr || step->state.size() != step->segment.state_outputs().size()) return nullptr;
  auto there = std::make_unique<FixedPoint>(steps_, std::move(step));
  return there->size() == size() ? std::move(there) : nullptr;
}

void FixedPoint::stand() const {
  if (step_->from == steps_.record.steps)
    steps_.to_end();
  else
    steps_.step_back();
}

std::optional<std::vector<Index>> FixedPoint::active() const {
  // Any tangent will do: exact zeros are of rows that are zero.
  const Vector v = ad::uneven(size()), moved = push(v, Matrix()), w = weights();
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
  const Vector &s = step_->state, &theta = steps_.theta();
  const Index p = theta.size();
  std::mt19937_64 random(static_cast<std::uint64_t>(size()));
  // Of no structure, of either sign: what a kink depends on does not cancel in all of them.
  const auto random_signs = [&](Index n) {
    return Vector(ad::uneven(n).unaryExpr([&](double v) { return (random() & 1U) != 0 ? v : -v; }));
  };
  const auto tangents = [&](Index n) {
    Matrix all(n, tangents_for_kinks);
    for (Index j = 0; j < all.cols(); ++j) all.col(j) = random_signs(n);
    return all;
  };
  const Matrix state_dot = tangents(s.size()), theta_dot = tangents(p);
  const double of_zero = p > 0 ? std::min(1.0, theta.cwiseAbs().maxCoeff()) : 0;  // nothing tells its units
  const Vector sizes = s.cwiseAbs().cwiseMax(1.0),
               theta_sizes =
                   theta.unaryExpr([&](double entry) { return entry == 0 ? of_zero : std::abs(entry); });
  Vector by = Vector::Zero(s.size());
  by(made_) = (least_reach * sizes(made_)).cwiseMax(reach).cwiseProduct(random_signs(size()));
  const Vector theta_by = least_reach * theta_sizes.cwiseProduct(random_signs(p));
  const auto beside = [&](const Vector& state_by, const Vector& of_theta) -> Matrix {
    return steps_.push_last_step_beside(step_->t, state_dot, theta_dot, state_by, of_theta)(made_,
                                                                                            Eigen::all);
  };
  const auto differing = [&](const Vector& of_theta) {
    const auto rows_beside = [&](double part) {  // their size, and what they differ by
      const Matrix here = beside(part * by, part * of_theta), there = beside(-part * by, -part * of_theta);
      return std::pair{Vector(here.rowwise().norm().cwiseMax(there.rowwise().norm())),
                       Vector((here - there).rowwise().norm())};
    };
    const auto [rows, change] = rows_beside(1);
    // Smooth maps, too, bend on a long way: on half of it by half.
    constexpr double bend = 1e4, little = 0.01, much = 0.1, rounding = 1e-6;
    const double share = std::clamp(bend * reach, little, much), noise = rounding * size_of(rows);
    const auto differs = (change.array() > (share * rows.array()).max(noise)).eval();
    Vector on_half = change;
    if (reach > 0 && differs.any()) on_half = rows_beside(0.5).second;
    std::vector<Index> found;
    for (Index i = 0; i < size(); ++i)
      if (differs[i] && std::abs(on_half[i] / change[i] - 0.5) > 0.2)
        found.push_back(made_[static_cast<std::size_t>(i)]);
    return found;
  };
  for (const Vector& of_theta : {theta_by, Vector(Vector::Zero(p))}) {
    try {
      return differing(of_theta);
    } catch (const Error&) {  // θ, or x, is beyond where f is defined
    }
  }
  return {};
}

std::string FixedPoint::why_singular() const {
  for (const Stack::Part& part : step_->segment.state_inputs().parts()) {
    Vector v = Vector::Zero(step_->state.size());
    v.segment(part.begin, part.count) = ad::uneven(part.count);
    v = of(v);
    if (part.count < step_->state.size() && !v.isZero(0) && push(v, Matrix()) == v)
      return fmt::format(
          "; steps add to entries {} to {} of the state, whatever these are, so that nothing "
          "brings them to rest: leave them out of the state, or take Reverse{{.corrected = true}}",
          part.begin, part.begin + part.count - 1);
  }
  return "; where the solution is one of many, as of a free scale or shift of the state, or of constraints "
         "that depend on one another, fix it, or take Reverse{.at_end = true}; of steps that differ with "
         "their number, move a part of the state each, or end before they arrive, make a whole pass one "
         "step, or give the solver a frozen_step, or take Reverse{}";
}

Matrix FixedPoint::pull_to_theta(const Matrix& w) const {
  Cotangents c = swept(step_->segment, w);
  go_on_to_start(c, pull_carried(steps_, relevant_, c.state, step_->state, step_->from));
  return steps_.pull_to_theta(c);
}

Cotangents FixedPoint::swept(const Segment& segment, const Matrix& w) const {
  Cotangents c{.state = Matrix::Zero(segment.state_outputs().size(), w.cols())};
  c.state(made_, Eigen::all) = w;
  segment.sweep(c, {}, w.cols(), 1);
  return c;
}

ImplicitEquation fixed_point_equation(std::shared_ptr<const FixedPoint> map, Index n, Index p) {
  const Index size = map->size();
  const auto active = map->active();
  return {
      .matrix = {size, false, "I - dPhi/ds",
                 [map](const Matrix& v) { return Matrix(v - map->push(v, Matrix())); }, std::nullopt, active},
      .transposed = {size, false, "(I - dPhi/ds)^T",
                     [map](const Matrix& w) { return Matrix(w - map->pull(w)); }, std::nullopt, active},
      .advice = [map] { return map->why_singular(); },
      .parameters = p,
      .x = map->x(),
      .dimension = n,
      .forcing =
          [map, size](const Matrix& theta_dot) {
            return map->push(Matrix::Zero(size, theta_dot.cols()), theta_dot);
          },
      .forcing_transposed = [map](const Matrix& w) { return map->pull_to_theta(w); }};
}

}  // namespace unroll::detail
