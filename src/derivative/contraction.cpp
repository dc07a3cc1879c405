#include "contraction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll::detail {

Contraction::Step Contraction::take(Replay& replay, const Vector& theta, Index at, const Matrix& cotangents) {
  Segment segment(theta, 0);
  segment.begin(0);
  Ground ground;
  ground.known = at + 1;
  replay.record(at, at + 1, ground, segment);
  Cotangents pulled = segment.seed(cotangents);
  segment.sweep(pulled, 1);
  return {(segment.x().value() - replay.x()).norm(), pulled.theta};
}

void Contraction::start(Replay& replay, const Vector& theta, const Matrix& cotangents) {
  replay.restart();
  first_ = take(replay, theta, 0, cotangents);
  scale_ = cotangents.colwise().norm();
  has_started_ = true;
}

void Contraction::measure(Replay& replay, const Vector& theta, Index at, Index steps,
                          const Matrix& cotangents) {
  if (at == 0) return;  // everything is swept already
  const Step last = take(replay, theta, at, cotangents);
  const double start_to_at = last.move / first_.move;
  const double whole = std::pow(start_to_at, static_cast<double>(steps) / static_cast<double>(at));  // ρ^T
  const double slope = last.slope.norm();
  const double distance = slope > 0 ? (first_.slope - last.slope).norm() / slope : 1;
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
