#include "contraction.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll::detail {

Contraction::Step Contraction::take(Steps& steps, Index at) {
  const auto rehearsal = steps.rehearsal();
  Step step{std::make_unique<Segment>(0)};
  steps.record_steps(at, at + 1, *step.segment, 0);
  step.move = (step.segment->x().value() - steps.x()).norm();
  return step;
}

Matrix Contraction::Step::slope(const Matrix& cotangents) const {
  Cotangents pulled;
  segment->sweep(pulled, {{segment->x(), 0, cotangents}}, cotangents.cols(), 1);
  return pulled.theta;
}

void Contraction::start(Steps& steps) {
  steps.restart();
  first_ = take(steps, 0);
}

void Contraction::measure(Steps& steps, Index at, Index length, const Matrix& cotangents) {
  scale_ = cotangents.colwise().stableNorm();
  if (at == 0) return;  // everything is swept already
  const Step last = take(steps, at);
  // A first step that was refused leaves x where it was, and says nothing of ρ.
  const double start_to_at = first_.move > 0 ? last.move / first_.move : 0;
  const double whole = std::pow(start_to_at, static_cast<double>(length) / static_cast<double>(at));  // ρ^T
  const Matrix slope = last.slope(cotangents);
  const double size = slope.stableNorm();
  const double distance = size > 0 ? (first_.slope(cotangents) - slope).stableNorm() / size : 1;
  constexpr double least = std::numeric_limits<double>::epsilon(), most = 0.1;
  const double estimate = whole * distance;
  enough_ = std::isnan(estimate) ? least : std::clamp(estimate, least, most);
}

bool Contraction::is_enough(Matrix cotangents, const std::vector<Segment::Rows>& carried) const {
  for (const Segment::Rows& a : carried)
    if (!a.place.of_iterate) cotangents.middleRows(a.begin, a.count).setZero();
  return (cotangents.colwise().stableNorm().transpose().array() <= enough_ * scale_.array()).all();
}

}  // namespace unroll::detail
