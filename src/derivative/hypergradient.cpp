#include "unroll/derivative/hypergradient.hpp"

#include <fmt/format.h>

namespace unroll::detail {

void check_outer_value(double value) {
  if (!std::isfinite(value)) throw DomainError(fmt::format("hypergradient: the outer loss is {}", value));
}

void outer_ignores_x() {
  throw DomainError(
      "hypergradient: the outer loss does not depend on x: outer(x, theta) gives a constant, or a function "
      "of "
      "theta alone, whose gradient needs no inner problem");
}

namespace {
Vector generic(Index size) { return Vector::LinSpaced(size, 1, 2).stableNormalized(); }
}  // namespace

OuterDirections::OuterDirections(Index n, Index p, const Vector& w)
    : x(Matrix::Zero(n, 3)), theta(Matrix::Zero(p, 3)) {
  // Not from w alone: it may vanish, or be blind to where F bends.
  x.col(0) = (w.stableNormalized() + generic(n)).stableNormalized();
  x.col(1) = generic(n);
  if (p > 0) theta.col(2) = generic(p);
}

void OuterDirections::turn(const Matrix& of_x, const Matrix& of_theta) {
  curvature.x = std::max(curvature.x, of_x.col(0).stableNorm());
  for (const double size :
       {of_theta.col(0).stableNorm(), of_theta.col(1).stableNorm(), of_x.col(2).stableNorm()})
    curvature.theta = std::max(curvature.theta, size);
  const auto follow = [](auto direction, const auto& image) {
    if (image.stableNorm() > 0) direction = image.stableNormalized();
  };
  follow(x.col(0), of_x.col(0));
  follow(x.col(1), of_x.col(2));
  follow(theta.col(2), of_theta.col(1));
}

}  // namespace unroll::detail
