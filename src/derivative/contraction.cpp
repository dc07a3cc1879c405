#include "contraction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll::detail {

Contraction::Step Contraction::take(Replay& replay, const Vector& theta, Index at) {
  Step step{std::make_unique<Segment>(theta, 0)};
  step.segment->begin(0);
  Ground ground;
  ground.known = at + 1;
  replay.record(at, at + 1, ground, *step.segment);
  step.move = (step.segment->x().value() - replay.x()).norm();
  return step;
}

Matrix Contraction::Step::slope(const Matrix& cotangents) const {
  Cotangents pulled = segment->seed(cotangents);
  segment->sweep(pulled, 1);
  return pulled.theta;
}

void Contraction::start(Replay& replay, const Vector& theta) {
  replay.restart();
  first_ = take(replay, theta, 0);
  has_started_ = true;
}

void Contraction::measure(Replay& replay, const Vector& theta, Index at, Index steps,
                          const Matrix& cotangents) {
  scale_ = cotangents.colwise().norm();
  if (at == 0) return;  // everything is swept already
  const Step last = take(replay, theta, at);
  const double start_to_at = last.move / first_.move;
  const double whole = std::pow(start_to_at, static_cast<double>(steps) / static_cast<double>(at));  // ρ^T
  const Matrix slope = last.slope(cotangents);
  const double size = slope.norm();
  const double distance = size > 0 ? (first_.slope(cotangents) - slope).norm() / size : 1;
  constexpr double least = std::numeric_limits<double>::epsilon(), most = 0.1;
  const double estimate = whole * distance;
  enough_ = std::isnan(estimate) ? least : std::clamp(estimate, least, most);
}

bool Contraction::is_enough(const std::vector<Matrix>& cotangents) const {
  Vector squares = Vector::Zero(scale_.size());
  for (const Matrix& array : cotangents) squares += array.colwise().squaredNorm().transpose();
  return (squares.array().sqrt() <= enough_ * scale_.array()).all();
}

}  // namespace unroll::detail
