#include "map_measures.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "certify_fixed_point.hpp"
#include "series.hpp"

namespace unroll::detail {

Matrix signs(Index rows, Index columns) {
  std::mt19937_64 random(static_cast<std::uint64_t>(rows));
  Matrix signs(rows, columns);
  for (double& entry : signs.reshaped()) entry = (random() & 1U) != 0 ? 1 : -1;
  return signs;
}

Matrix probes(Index p, Index most) {
  if (p <= most) return Matrix::Identity(p, p);
  return signs(p, most) / std::sqrt(static_cast<double>(most));
}

Matrix slopes_in_theta(const FixedPoint& point, Index p) {
  const Matrix directions = probes(p, directions_in_theta(p));
  return point.push(Matrix::Zero(point.size(), directions.cols()), directions);
}

double size_in_state(const FixedPoint& point) {
  Vector v = Vector::LinSpaced(point.size(), 1, 2).normalized();
  double size = 0;
  for (std::size_t j = 0; j < terms_looked_at && v.size() > 0; ++j) {
    const Vector image = point.push(v, Matrix());
    size = std::max(size, image.stableNorm());
    v = point.pull(image);
    if (!(v.stableNorm() > 0)) break;
    v = v.stableNormalized();
  }
  return size;
}

Turns look_at_turns(const Steps& steps, const FixedPoint& point, const Matrix& state_dot,
                    const Matrix& theta_dot, const Matrix& by_last, double size) {
  Turns turns;
  const Matrix sums = signs(state_dot.cols(), steps_in_turn);
  Matrix both(point.size(), 2), both_theta = Matrix::Zero(theta_dot.rows(), 2);
  const Vector at_first = signs(point.size(), 1);
  both.col(1) = at_first;
  const Index last = steps.record.steps - 1, first = std::max<Index>(0, last - steps_in_turn),
              middle = (first + last) / 2;
  double halfway = 0;  // from there on the ratio is the slowest direction's
  for (Index t = first; t < last; ++t) {
    if (t == middle) halfway = both.col(1).stableNorm();
    const auto sum = sums.col(t - first);
    both.col(0) = state_dot * sum;
    both_theta.col(0) = theta_dot * sum;
    const Matrix image = point.push_as(t, both, both_theta);
    turns.difference = std::max(turns.difference, (image.col(0) - by_last * sum).stableNorm());
    both.col(1) = image.col(1);
  }
  turns.difference = turns.difference <= rounding_of_terms * size ? 0 : turns.difference / size;
  if (halfway > 0)
    turns.ratio = std::pow(both.col(1).stableNorm() / halfway, 1 / static_cast<double>(last - middle));
  // An entry that all leave as it is is none of theirs to make: it is another step's turn.
  if (last > first && ((both.col(1) - at_first).array().abs() <= rounding_of_terms).any()) turns.ratio = 1;
  return turns;
}

}  // namespace unroll::detail
