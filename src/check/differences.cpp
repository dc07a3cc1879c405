#include "unroll/check/differences.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace unroll::detail {
namespace {

double step(const Vector& x) {
  const double scale = x.size() == 0 ? 0 : x.lpNorm<Eigen::Infinity>();
  return 1e-3 * (scale > 0 ? std::min(scale, 1.0) : 1.0);
}

}  // namespace

Matrix differences(const std::function<Vector(const Vector&)>& F, const Vector& x, double part) {
  const double h = part * step(x);
  Matrix J(F(x).size(), x.size());
  for (Index i = 0; i < x.size(); ++i) {
    const auto at = [&](double s) { return F(x + s * h * Vector::Unit(x.size(), i)); };
    J.col(i) = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
  }
  return J;
}

double difference_rounding(double size, const Vector& x, double part) {
  return 8 * std::numeric_limits<double>::epsilon() * size / (part * step(x));
}

Matrix spread(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 engine(seed);
  return Matrix::NullaryExpr(rows, cols,
                             [&] { return std::ldexp(static_cast<double>(engine() >> 11), -52) - 1; });
}

}  // namespace unroll::detail
